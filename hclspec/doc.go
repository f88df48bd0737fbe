// Package hclspec is the language of asflow.hcl: blocks, expressions, functions, jq programs, diagnostics and
// formatting. Text goes in, a checked [Spec] comes out.
//
// It knows nothing of jobs, processes, the network or the terminal. It opens no file and reads no environment by
// itself: configuration files, the environment and the clock come in through [Options], and what functions ask
// while the project is planned and built comes in through [World].
package hclspec
