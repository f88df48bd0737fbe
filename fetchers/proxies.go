package fetchers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// badProxy is a proxy that can't be used. What its URL is is not shown, since nobody knows where in it a password is.
type badProxy struct{ text string }

func (e *badProxy) Error() string { return e.text }

// notAProxy stands for a proxy whose URL is malformed.
const notAProxy = "http://malformed.invalid"

// Proxies gives the proxy of a request as an environment says, in the manner of curl: HTTP_PROXY and HTTPS_PROXY, and
// ALL_PROXY for what has none of its own, but for the hosts of NO_PROXY; each in small letters, too. What goes to this
// machine goes by none. A malformed URL is an error of the requests that would go by it.
func Proxies(lookup func(name string) (string, bool)) func(*http.Request) (*url.URL, error) {
	var c httpproxy.Config
	bad := map[string]string{} // by scheme
	proxy := func(scheme string) string {
		name, value := setting(lookup, scheme+"_proxy")
		if scheme == "http" && value != "" {
			_, c.CGI = lookup("REQUEST_METHOD") // then HTTP_PROXY may be a header of whoever asks
		}
		if value == "" {
			name, value = setting(lookup, "all_proxy")
		}
		if value != "" && !isProxy(value) {
			bad[scheme] = name
			return notAProxy
		}
		return value
	}
	c.HTTPProxy, c.HTTPSProxy = proxy("http"), proxy("https")
	_, c.NoProxy = setting(lookup, "no_proxy")
	find := c.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		u, err := find(r.URL)
		if err != nil {
			return nil, &badProxy{err.Error()}
		}
		if name := bad[r.URL.Scheme]; u != nil && name != "" {
			return nil, &badProxy{fmt.Sprintf("%s in the environment is no URL of a proxy: write http://host:port or socks5://host:port, or unset it", name)}
		}
		return u, nil
	}
}

// setting looks up an environment variable in small letters, then in large ones.
func setting(lookup func(string) (string, bool), name string) (as, value string) {
	for _, as := range []string{name, strings.ToUpper(name)} {
		if value, _ := lookup(as); value != "" {
			return as, value
		}
	}
	return "", ""
}

// isProxy tells whether a text names a proxy: a URL, or one without its http://.
func isProxy(text string) bool {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && !strings.HasSuffix(u.Host, ":") && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme)
}
