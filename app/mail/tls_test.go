package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"

	"qianshou/app/mail"
)

// TestHowServersAreSpokenTo reads addresses of servers.
func TestHowServersAreSpokenTo(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"smtps://mail.example": mail.TLSAlways, "smtp://mail.example": mail.TLSRequired, "smtp://u:p@mail.example:587": mail.TLSRequired, "smtp://10.0.0.7": mail.TLSRequired,
		"smtp://localhost:25": mail.TLSOptional, "smtp://127.0.0.1": mail.TLSOptional, "smtp://[::1]:25": mail.TLSOptional, "smtp://u:p@localhost": mail.TLSRequired,
		"smtp://u:p@mail.example?tls=optional": mail.TLSOptional, "smtp://mail.example?tls=none": mail.TLSNone, "smtp://localhost?tls=required": mail.TLSRequired,
	} {
		if got, err := mail.TLSOf(address); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", address, got, err, want)
		}
	}
	for _, address := range []string{"smtp://u:secret@mail.example?tls=perhaps", "smtps://u:secret@mail.example?tls=none", "smtp://u:secret@mail example"} {
		if got, err := mail.TLSOf(address); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %s, %v", address, got, err)
		}
	}
}

// certified makes a certificate for this machine, and the pool that vouches for it.
func certified(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := april()
	card := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.AddDate(-9, 0, 0), NotAfter: now.AddDate(9, 0, 0), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, card, card, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if card, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(card)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, pool
}

// TestNoLetterLeavesInClear tries servers with and without STARTTLS: where it is
// required and somebody stripped it, nothing is said to the server.
func TestNoLetterLeavesInClear(t *testing.T) {
	t.Parallel()
	config, pool := certified(t)
	bare, secured := &postOffice{}, &postOffice{tls: config}
	bare.open(t, true)
	secured.open(t, true)
	g := newGround(t, nil)
	with := func(address, user, query string) string {
		return strings.Replace(address, "://", "://"+user, 1) + query
	}
	for _, c := range []struct {
		name, url string
		roots     *x509.CertPool
		office    *postOffice
		taken     bool
		encrypted bool
		words     string
	}{
		{"this machine", bare.url, nil, bare, true, false, ""},
		{"stripped", with(bare.url, "", "?tls=required"), nil, bare, false, false, "STARTTLS"},
		{"a password in clear", with(bare.url, "user:secret@", ""), nil, bare, false, false, "STARTTLS"},
		{"turned off", with(bare.url, "", "?tls=none"), nil, bare, true, false, ""},
		{"required and there", with(secured.url, "", "?tls=required"), pool, secured, true, true, ""},
		{"taken when offered", secured.url, pool, secured, true, true, ""},
		{"somebody else's", with(secured.url, "", "?tls=required"), nil, secured, false, false, "certificate"},
		{"not used", with(secured.url, "", "?tls=none"), nil, secured, true, false, ""},
	} {
		post := g.service(t, nil, func(o *mail.Options) { o.SMTPURL, o.Roots = c.url, c.roots })
		reply, err := post.Try(t.Context(), g.letter("stelios@city.example"))
		if err != nil || reply.Taken != c.taken || !strings.Contains(reply.Words, c.words) || strings.Contains(reply.Words, "secret") {
			t.Errorf("%s: %+v, %v", c.name, reply, err)
		}
		if reply.Taken {
			if got := c.office.next(t); got.encrypted != c.encrypted {
				t.Errorf("%s: encrypted %v", c.name, got.encrypted)
			}
		}
	}
	if len(bare.received)+len(secured.received) > 0 {
		t.Error("a letter arrived that was not taken")
	}
}
