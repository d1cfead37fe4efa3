package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"

	letters "qianshou/app/mail"
)

// config is every setting there is. This file is the only reader of the
// environment; each part of the program receives the few values it needs.
// The `help` tag is what `qianshou serve --help` prints; `secret` masks a value.
type config struct {
	Addr             string `env:"ADDR" envDefault:"127.0.0.1:8080" help:"host:port to serve on; port 0 takes a free one"`
	PublicURL        string `env:"PUBLIC_URL" help:"address that people use, for links in mails; default http://ADDR"`
	DataDir          string `env:"DATA_DIR" envDefault:"./data" help:"folder of the private PostgreSQL and Redis, and of the secret key"`
	DatabaseURL      string `env:"DATABASE_URL" secret:"url" help:"PostgreSQL 14 or later; unset: a private one under DATA_DIR"`
	RedisURL         string `env:"REDIS_URL" secret:"url" help:"Redis 6.2 or later: redis://, rediss:// or unix://; unset: a private one under DATA_DIR"`
	SMTPURL          string `env:"SMTP_URL" secret:"url" help:"smtp://user:password@host:587 or smtps://; unset: mails are kept and shown in the console. smtp:// requires STARTTLS but of this machine without a password; ?tls=optional or ?tls=none turns that off"`
	MailFrom         string `env:"MAIL_FROM" envDefault:"Qianshou <no-reply@localhost>" help:"sender of mails, name and address"`
	MailsPerMinute   int    `env:"MAILS_PER_MINUTE" envDefault:"120" help:"most mails of announcements that leave in a minute, 1 to 6000; letters about one registration do not wait"`
	SecretKey        string `env:"SECRET_KEY" secret:"yes" help:"at least 32 characters; seals passports, mails and signing keys. Unset: made once and kept in DATA_DIR/secret.key"`
	FilesURL         string `env:"FILES_URL" help:"where uploaded files are kept: a folder, or s3://host/bucket/prefix?region=R&tls=off; default DATA_DIR/files"`
	FilesAccessKey   string `env:"FILES_ACCESS_KEY" help:"of the bucket"`
	FilesSecretKey   string `env:"FILES_SECRET_KEY" secret:"yes" help:"of the bucket"`
	Demo             string `env:"DEMO" envDefault:"auto" help:"auto loads the demo forum into an empty database; off never does"`
	DatabaseConns    int    `env:"DATABASE_CONNS" envDefault:"16" help:"most connections to PostgreSQL, 2 to 200"`
	TrustedProxies   string `env:"TRUSTED_PROXIES" help:"addresses or networks, comma separated, whose X-Forwarded-For is believed"`
	Streams          int    `env:"STREAMS" envDefault:"5000" help:"most live streams that one process keeps open, 10 to 100000; a tenth is for staff"`
	StreamsPerCaller int    `env:"STREAMS_PER_ADDRESS" envDefault:"500" help:"most live streams of one address, or of one account; a venue's guests may share an address"`
	MetricsToken     string `env:"METRICS_TOKEN" secret:"yes" help:"at least 16 characters; the bearer token that opens /metrics. Unset: requests from this machine alone"`
	LogLevel         string `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat        string `env:"LOG_FORMAT" envDefault:"text" help:"text or json"`
	Dev              bool   `env:"DEV" envDefault:"false" help:"true adds /styleguide; never on a public server"`
}

// minMetricsToken is the least length of METRICS_TOKEN in bytes.
const minMetricsToken = 16

// minSecret is the least length of SECRET_KEY in bytes.
const minSecret = 32

// readConfig reads the environment. A variable X may be given as X_FILE, the
// path of a file that holds its value.
func readConfig(environ []string) (config, error) {
	vars := env.ToMap(environ)
	for name, path := range vars {
		plain, isFile := strings.CutSuffix(name, "_FILE")
		if !isFile || path == "" || !isSetting(plain) {
			continue
		}
		if vars[plain] != "" {
			return config{}, fmt.Errorf("%s and %s_FILE are both set: keep one", plain, plain)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return config{}, fmt.Errorf("%s: %w", name, err)
		}
		vars[plain] = strings.TrimRight(string(content), "\r\n")
	}
	for name, value := range vars { // an empty variable is an unset one
		if value == "" {
			delete(vars, name)
		}
	}
	var c config
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		var agg env.AggregateError
		if errors.As(err, &agg) && len(agg.Errors) > 0 {
			err = agg.Errors[0]
		}
		return config{}, unreadable(err, vars)
	}
	return c, c.check()
}

// unreadable names the setting whose value is not of its kind, as the operator
// wrote it.
func unreadable(err error, vars map[string]string) error {
	var parse env.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("settings: %w", err)
	}
	name, kind := parse.Name, parse.Type.String()
	if field, ok := reflect.TypeFor[config]().FieldByName(parse.Name); ok {
		name = field.Tag.Get("env")
	}
	switch parse.Type.Kind() {
	case reflect.Int:
		kind = "a whole number"
	case reflect.Bool:
		kind = "true or false"
	}
	return fmt.Errorf("%s is %q; it is %s", name, vars[name], kind)
}

func isSetting(name string) bool {
	t := reflect.TypeFor[config]()
	for i := range t.NumField() {
		if strings.Split(t.Field(i).Tag.Get("env"), ",")[0] == name {
			return true
		}
	}
	return false
}

// check refuses the first setting that cannot work, by name.
func (c *config) check() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("ADDR %q is not host:port, such as 127.0.0.1:8080", c.Addr)
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
			return fmt.Errorf("PUBLIC_URL %q is not an address such as https://forum.example.org", c.PublicURL)
		}
		c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	}
	for _, s := range []struct {
		name, value string
		schemes     []string
	}{
		{"DATABASE_URL", c.DatabaseURL, []string{"postgres", "postgresql"}},
		{"REDIS_URL", c.RedisURL, []string{"redis", "rediss", "unix"}},
		{"SMTP_URL", c.SMTPURL, []string{"smtp", "smtps"}},
	} {
		if s.value == "" {
			continue
		}
		u, err := url.Parse(s.value)
		ok := err == nil
		if ok {
			ok = false
			for _, scheme := range s.schemes {
				ok = ok || u.Scheme == scheme
			}
		}
		if !ok {
			return fmt.Errorf("%s must be a URL that begins with %s://", s.name, strings.Join(s.schemes, ":// or "))
		}
	}
	if c.SMTPURL != "" {
		if _, err := letters.TLSOf(c.SMTPURL); err != nil {
			return err
		}
	}
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		return fmt.Errorf("MAIL_FROM %q is not an address such as Ningbo Forum <forum@example.org>", c.MailFrom)
	}
	if c.MailsPerMinute < 1 || c.MailsPerMinute > 6000 {
		return fmt.Errorf("MAILS_PER_MINUTE is %d; it is 1 to 6000", c.MailsPerMinute)
	}
	if c.SecretKey != "" && len(c.SecretKey) < minSecret {
		return fmt.Errorf("SECRET_KEY has %d characters, at least %d are needed", len(c.SecretKey), minSecret)
	}
	if c.MetricsToken != "" && len(c.MetricsToken) < minMetricsToken {
		return fmt.Errorf("METRICS_TOKEN has %d characters, at least %d are needed", len(c.MetricsToken), minMetricsToken)
	}
	if c.Demo != "auto" && c.Demo != "off" {
		return fmt.Errorf("DEMO is %q; it is auto or off", c.Demo)
	}
	if c.DatabaseConns < 2 || c.DatabaseConns > 200 {
		return fmt.Errorf("DATABASE_CONNS is %d; it is 2 to 200", c.DatabaseConns)
	}
	if c.Streams < 10 || c.Streams > 100_000 {
		return fmt.Errorf("STREAMS is %d; it is 10 to 100000", c.Streams)
	}
	if c.StreamsPerCaller < 1 || c.StreamsPerCaller > c.Streams {
		return fmt.Errorf("STREAMS_PER_ADDRESS is %d; it is 1 to %d, the value of STREAMS", c.StreamsPerCaller, c.Streams)
	}
	for _, p := range c.proxies() {
		if net.ParseIP(p) == nil {
			if _, _, err := net.ParseCIDR(p); err != nil {
				return fmt.Errorf("TRUSTED_PROXIES: %q is neither an address nor a network", p)
			}
		}
	}
	if _, err := c.level(); err != nil {
		return fmt.Errorf("LOG_LEVEL is %q; it is debug, info, warn or error", c.LogLevel)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return fmt.Errorf("LOG_FORMAT is %q; it is text or json", c.LogFormat)
	}
	if c.Dev && strings.HasPrefix(c.PublicURL, "https://") {
		return errors.New("DEV is true and PUBLIC_URL is https: a public server must not run with DEV")
	}
	var err error
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return fmt.Errorf("DATA_DIR: %w", err)
	}
	if c.FilesURL == "" {
		c.FilesURL = filepath.Join(c.DataDir, "files")
	}
	return nil
}

func (c config) proxies() []string {
	var list []string
	for p := range strings.SplitSeq(c.TrustedProxies, ",") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}

func (c config) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.LogLevel))
	return l, err
}

func (c config) logger(w io.Writer) *slog.Logger {
	level, _ := c.level() // checked
	opts := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// masked lists the settings in force for the log, secrets hidden.
func (c config) masked() []any {
	var args []any
	v, t := reflect.ValueOf(c), reflect.TypeFor[config]()
	for i := range t.NumField() {
		value := fmt.Sprint(v.Field(i).Interface())
		switch {
		case value == "":
			continue
		case t.Field(i).Tag.Get("secret") == "yes":
			value = "(set)"
		case t.Field(i).Tag.Get("secret") == "url":
			if u, err := url.Parse(value); err == nil {
				value = u.Redacted()
			}
		}
		args = append(args, strings.ToLower(t.Field(i).Tag.Get("env")), value)
	}
	return args
}

// describeSettings prints every setting with its default and meaning.
func describeSettings(w io.Writer) {
	fmt.Fprintln(w, "Settings, from the environment (X_FILE names a file that holds X):")
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	t := reflect.TypeFor[config]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		fallback := tag.Get("envDefault")
		if fallback == "" {
			fallback = "–"
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\n", tag.Get("env"), fallback, tag.Get("help"))
	}
	_ = tw.Flush()
}
