package fetchers

import (
	"errors"
	"net/http"
	"slices"
)

// judge says what a status means to a request, in the documented order: wanted; held back; absent; worth another try;
// final. The error is of the last three and of being held back.
func judge(r *Request, resp *Response) (Meaning, *Error) {
	s := resp.Status
	switch {
	case s == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		return NotModified, nil
	case wants(r.Expect.Status, s):
		return Wanted, nil
	case s == http.StatusTooManyRequests, s == http.StatusForbidden && limitsRate(resp.Header):
		return 0, rejected(r, resp, held)
	case slices.Contains(r.Absent, s):
		return Gone, nil
	case slices.Contains(r.End, s):
		return End, nil
	case s == http.StatusServiceUnavailable:
		return 0, rejected(r, resp, held)
	case broken(s), slices.Contains(r.Retry.Statuses, s):
		return 0, rejected(r, resp, again)
	}
	return 0, rejected(r, resp, final)
}

func wants(statuses []int, s int) bool {
	if len(statuses) > 0 {
		return slices.Contains(statuses, s)
	}
	return s >= 200 && s < 300 && (s < http.StatusNoContent || s > http.StatusPartialContent)
}

// limitsRate tells a 403 that means 429.
func limitsRate(h http.Header) bool {
	return h.Get("Retry-After") != "" || remaining(h) == "0" || len(exhausted(h)) > 0
}

func rejected(r *Request, resp *Response, v verdict) *Error {
	class, err := ClassStatus, statusError(resp.Status)
	switch {
	case !isRedirect(resp.Status):
	case resp.Header.Get("Location") == "":
		err = errors.New(err.Error() + ", without a Location that says where to")
	default:
		class, err = ClassRedirect, errors.New(err.Error()+", and no redirects are allowed")
	}
	return &Error{URL: resp.URL, Status: resp.Status, Class: class, Header: resp.Header, Err: err, verdict: v, hop: resp.hop}
}
