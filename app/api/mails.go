package api

import (
	"context"
	"net/http"

	"qianshou/app/accounts"
	"qianshou/app/web"
)

func (a *API) mailOperations() {
	add(a, description{method: http.MethodPost, path: "/api/v1/mails/bounces", id: "report-mail", tag: "Mails", rule: web.Anywhere(accounts.SendMails),
		summary: "Hand in what a mail server says of a mail later",
		about: "Takes a delivery status notification (RFC 3464) as it came by mail, for the mail server that receives for MAIL_FROM: pipe it here. " +
			"The mail is marked as bounced, delayed or delivered; the same report again changes nothing."}, a.reportMail)
}

type reportInput struct {
	Message []byte `raw:"message/rfc822" doc:"The notification, with its headers"`
}

type reported struct {
	MailID  string `json:"mail_id"`
	Outcome string `json:"outcome" enum:"bounced,delayed,delivered"`
}

func (a *API) reportMail(ctx context.Context, c caller, in reportInput) (reported, error) {
	r, err := a.Mail.Take(ctx, c.actor, in.Message)
	if err != nil {
		return reported{}, err
	}
	return reported{MailID: r.MailID.String(), Outcome: r.Outcome}, nil
}
