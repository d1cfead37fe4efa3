package main

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"qianshou/app/apptest"
)

// TestMailTest tries the mail settings: without a database, and with what the
// server says.
func TestMailTest(t *testing.T) {
	t.Parallel()
	office := apptest.OpenPostOffice(t)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := nobody.Close(); err != nil { // now nobody listens there
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args, environ []string
		code          int
		want          string
	}{
		"taken":      {[]string{"--to", "ops@office.example"}, []string{"SMTP_URL=" + office.URL, "MAIL_FROM=Forum <forum@office.example>"}, 0, "the mail server took it: 250"},
		"no address": {[]string{"--to", "ops"}, []string{"SMTP_URL=" + office.URL}, 1, "--to: "},
		"no server":  {[]string{"--to", "ops@office.example"}, nil, 1, "No mail server is set"},
		"not there":  {[]string{"--to", "ops@office.example"}, []string{"SMTP_URL=smtp://" + nobody.Addr().String()}, 1, "connection refused"},
	} {
		var out, complaint bytes.Buffer
		code := run(t.Context(), append([]string{"mail", "test"}, c.args...), stdio{out: &out, err: &complaint, environ: append(c.environ, "DATA_DIR="+t.TempDir())})
		if said := out.String() + complaint.String(); code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("%s: exit code %d, %q; want %d, %q", name, code, said, c.code, c.want)
		}
	}
	if l := office.Next(); l.To != "ops@office.example" || !strings.Contains(l.Subject, "Trial") || !strings.Contains(l.Text, "收到这封邮件") {
		t.Errorf("arrived: %+v", l)
	}
}
