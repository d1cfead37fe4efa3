package api

import (
	"net"
	"testing"
)

func TestMetricsAreForThisMachineOrAToken(t *testing.T) {
	const token = "a-token-of-some-length"
	for _, tt := range []struct {
		name, token   string
		peer          string
		passedOn      bool
		authorization string
		want          int
	}{
		{name: "this machine", peer: "127.0.0.1", want: 200},
		{name: "this machine by IPv6", peer: "::1", want: 200},
		{name: "this machine, mapped", peer: "::ffff:127.0.0.1", want: 200},
		{name: "another machine", peer: "10.0.0.7", want: 404},
		{name: "nobody knows who", peer: "0.0.0.0", want: 404},
		{name: "a proxy on this machine passes on", peer: "127.0.0.1", passedOn: true, want: 404},
		{name: "a token that none is set for", peer: "10.0.0.7", authorization: "Bearer " + token, want: 404},
		{name: "an empty token", peer: "10.0.0.7", authorization: "Bearer ", want: 404},
		{name: "the token from anywhere", token: token, peer: "10.0.0.7", passedOn: true, authorization: "Bearer " + token, want: 200},
		{name: "a wrong token", token: token, peer: "10.0.0.7", authorization: "Bearer x" + token, want: 401},
		{name: "the beginning of the token", token: token, peer: "10.0.0.7", authorization: "Bearer " + token[:5], want: 401},
		{name: "the token as a password", token: token, peer: "10.0.0.7", authorization: "Basic " + token, want: 401},
		{name: "this machine without the token", token: token, peer: "127.0.0.1", want: 401},
	} {
		if got := (Health{MetricsToken: tt.token}).metricsFor(net.ParseIP(tt.peer), tt.passedOn, tt.authorization); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
