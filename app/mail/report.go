package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// Report is what a mail server says later of a mail that was taken (RFC 3464).
type Report struct {
	MailID  ident.ID
	Round   int
	Outcome string // bounced, delayed or delivered
	Code    int    // of the server's reply; zero: it gave none
	Words   string
}

// mostParts is more parts than any report has.
const mostParts = 10

// errUnreadable says that something is no report of a mail of ours.
var errUnreadable = errors.New("no report of a mail")

// ParseReport reads a delivery status notification as it came by mail.
//
// Fault: Invalid, it is none, or not about a mail of ours.
func ParseReport(raw []byte) (Report, error) {
	r, err := parseReport(raw)
	if err != nil {
		return Report{}, fault.Wrap(err, fault.Invalid, "mail.report.unreadable")
	}
	return r, nil
}

func parseReport(raw []byte) (r Report, err error) {
	whole, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return r, err
	}
	kind, params, err := whole.Header.ContentType()
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return r, errUnreadable
	}
	parts := whole.MultipartReader()
	if parts == nil {
		return r, errUnreadable
	}
	found := ""
	for range mostParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return r, err
		}
		switch kind, _, _ := part.Header.ContentType(); kind {
		case "message/delivery-status", "message/global-delivery-status":
			if err := r.readStatus(part.Body); err != nil {
				return r, err
			}
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers":
			header, err := textproto.ReadHeader(bufio.NewReader(part.Body))
			if err == nil || header.Len() > 0 {
				found = header.Get("Message-Id")
			}
		}
	}
	if r.Outcome == "" {
		return r, errUnreadable
	}
	// Some servers return nothing of the mail, but answer to it.
	for _, named := range []string{found, whole.Header.Get("In-Reply-To"), whole.Header.Get("References")} {
		if r.MailID, r.Round = roundOf(named); r.MailID != ident.Nil {
			return r, nil
		}
	}
	return r, errUnreadable
}

var roundForm = regexp.MustCompile(`<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,8})@[^<>]+>`)

// roundOf reads which mail a Message-ID names, and which round of it.
func roundOf(messageID string) (ident.ID, int) {
	m := roundForm.FindStringSubmatch(messageID)
	if m == nil {
		return ident.Nil, 0
	}
	id, err := ident.Parse(m[1])
	if err != nil {
		return ident.Nil, 0
	}
	round, _ := strconv.Atoi(m[2])
	return id, round
}

var actions = map[string]string{
	"failed": OutcomeBounced, "delayed": OutcomeDelayed, "delivered": OutcomeDelivered, "relayed": OutcomeDelivered, "expanded": OutcomeDelivered,
}

// readStatus reads the fields of a report: a block about the mail, then one for
// each recipient, of whom our mails have one.
func (r *Report) readStatus(body io.Reader) error {
	in := bufio.NewReader(body)
	for range mostParts {
		block, err := textproto.ReadHeader(in)
		if block.Len() == 0 && err != nil {
			return nil //nolint:nilerr // the end
		}
		outcome, known := actions[strings.ToLower(strings.TrimSpace(block.Get("Action")))]
		if !known {
			if err != nil {
				return err
			}
			continue
		}
		r.Outcome = outcome
		_, words, typed := strings.Cut(block.Get("Diagnostic-Code"), ";")
		if !typed {
			words = block.Get("Diagnostic-Code")
		}
		r.Words = said(words)
		if code, rest, _ := strings.Cut(strings.Replace(r.Words, "-", " ", 1), " "); len(code) == 3 {
			if n, err := strconv.Atoi(code); err == nil && n >= 200 && n <= 599 {
				r.Code, r.Words = n, rest
			}
		}
		if r.Words == "" {
			r.Words = said(block.Get("Status"))
		}
		return nil
	}
	return nil
}
