package fetchers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// verdict is what may follow a failure.
type verdict uint8

const (
	final verdict = iota
	again         // it may be tried again
	held          // so it may, and the host is held back
)

func fail(r *Request, class Class, v verdict, err error) *Error {
	return &Error{URL: r.URL, Class: class, Err: err, verdict: v}
}

// asError gives the *Error in err, or makes one.
func asError(r *Request, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return fail(r, ClassReset, again, err)
}

// cancelled is the failure of a request whose context is done.
func cancelled(ctx context.Context, r *Request) *Error {
	return fail(r, ClassCancel, final, context.Cause(ctx))
}

// statusError says what a status that is of no use was.
func statusError(status int) error {
	text := http.StatusText(status)
	if text == "" {
		return fmt.Errorf("status %d", status)
	}
	return fmt.Errorf("%d %s", status, text)
}

// dialError classifies what went wrong before an answer's head was there.
func dialError(r *Request, err error) *Error {
	var (
		dns      *net.DNSError
		op       *net.OpError
		cert     *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		proxy    *proxyError
		bad      *badProxy
		stall    *proxyStall
	)
	late := isTimeout(err)
	isDial := errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect")
	isAlert := errors.As(err, &op) && op.Op == "remote error" // as crypto/tls names what the other side complains of
	switch {
	case errors.As(err, &stall):
		return fail(r, ClassConnect, again, stall)
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid), errors.As(err, &record), isAlert:
		return fail(r, ClassTLS, final, err)
	case errors.As(err, &dns):
		if dns.IsTimeout || dns.IsTemporary {
			return fail(r, ClassDNS, again, err)
		}
		return fail(r, ClassDNS, final, err)
	case errors.As(err, &proxy):
		if broken(proxy.status) || proxy.status == http.StatusTooManyRequests {
			return fail(r, ClassConnect, again, err)
		}
		return fail(r, ClassConnect, final, err)
	case errors.As(err, &bad):
		return fail(r, ClassURL, final, bad)
	case isDial && (strings.Contains(err.Error(), "password authentication failed") || strings.Contains(err.Error(), "no acceptable authentication")):
		return fail(r, ClassConnect, final, fmt.Errorf("the SOCKS proxy would not connect: %w", err))
	case isDial:
		return fail(r, ClassConnect, again, err)
	case errors.Is(err, errNoAnswer), late && strings.Contains(err.Error(), "awaiting response headers"):
		return fail(r, ClassTimeout, again, fmt.Errorf("no answer within %v", r.Timeouts.Response))
	case isTLSTimeout(err):
		return fail(r, ClassConnect, again, fmt.Errorf("no TLS connection within %v", r.Timeouts.Connect))
	case late:
		return fail(r, ClassTimeout, again, err)
	case errors.Is(err, errLongHead), strings.Contains(err.Error(), "response headers exceeded"), strings.Contains(err.Error(), "header list larger"):
		return fail(r, ClassSize, final, fmt.Errorf("the answer's headers are over %d bytes", maxHeader))
	case strings.HasSuffix(err.Error(), "connection error: PROTOCOL_ERROR"):
		return fail(r, ClassReset, again, fmt.Errorf("the host sent what HTTP/2 does not allow, such as headers of over %d bytes", brokenOff))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fail(r, ClassReset, again, errors.New("the connection was closed before an answer came"))
	}
	return fail(r, ClassReset, again, err)
}

func isTLSTimeout(err error) bool {
	return isTimeout(err) && strings.Contains(err.Error(), "TLS handshake")
}

// bodyError classifies what went wrong while a body came in.
func bodyError(r *Request, err error) *Error {
	text := err.Error()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(text, "chunked encoding"), strings.Contains(text, "chunk length"):
		return fail(r, ClassCut, again, fmt.Errorf("the body was cut: %w", err))
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fail(r, ClassReset, again, fmt.Errorf("the connection was reset in the body: %w", err))
	}
	return fail(r, ClassReset, again, fmt.Errorf("the connection broke in the body: %w", err))
}

// outOfFiles says that it is this process, and not the host, that could not open a connection.
func outOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
