package web

import "qianshou/app/accounts"

// Console: mails, the texts of letters, announcements.

func (s *Server) mailRoutes() []route {
	const texts, many = "/console/:event/mails/texts", "/console/:event/mails/announcements"
	see, send := right(accounts.SeeMails), right(accounts.SendMails)
	return []route{
		get("/console/:event/mails", see, s.mails),
		get(texts, see, s.mailTexts),
		get(texts+"/:kind", send, s.mailText),
		post(texts+"/:kind", send, s.saveMailText),
		get(texts+"/:kind/preview", send, s.previewMailText),
		post(texts+"/:kind/preview", send, s.previewMailText),
		post(texts+"/:kind/restore", send, s.restoreMailText),
		post(texts+"/:kind/test", send, s.tryMailText).limit(trialLimit),
		get(many, see, s.announcements),
		get(many+"/new", send, s.newAnnouncement),
		post(many+"/new", send, s.announce),
		post(many+"/preview", send, s.previewAnnouncement),
		post(many+"/test", send, s.tryAnnouncement).limit(trialLimit),
		get("/console/:event/mails/:mail", see, s.mailShown),
		get("/console/:event/mails/:mail/letter", see, s.letterShown),
		post("/console/:event/mails/:mail/resend", send, s.resendMail),
		post("/console/:event/mails/:mail/copy", send, s.copyMail),
	}
}
