// Package group ends commands together with what they have started. It knows nothing of what is run, or why.
package group
