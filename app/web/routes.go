package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/files"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// route is one address of the site: who may ask for it, how often, and what
// answers.
type route struct {
	Method  string
	Path    string
	Rule    Rule
	Handler fiber.Handler
	Limit   *Limit // nil: not limited
	Body    int    // bytes that it may be sent; zero: maxBody
}

// Rule says who may ask for a route. The zero Rule lets nobody in.
type Rule struct {
	who   who
	right accounts.Right
}

type who int

const (
	nobody who = iota
	anyone
	linkHolder
	may
	mayAnywhere
	mayEverywhere
)

// public lets everybody in.
func public() Rule { return Rule{who: anyone} }

// link lets in whoever has the address, whose secret the handler checks: magic
// links. Such pages are never cached, indexed, or named to other sites.
func link() Rule { return Rule{who: linkHolder} }

// right lets in whoever has a right in the event that :event in the path names.
func right(r accounts.Right) Rule { return Rule{may, r} }

// anywhere lets in whoever has a right in at least one event; the service asks
// again about the one.
func anywhere(r accounts.Right) Rule { return Rule{mayAnywhere, r} }

// everywhere lets in whoever has a right over all events.
func everywhere(r accounts.Right) Rule { return Rule{mayEverywhere, r} }

// admits decides. The event is Nil unless the path names one.
//
// Faults: SignIn, nobody is signed in; Forbidden.
func (r Rule) admits(a accounts.Actor, event ident.ID) error {
	ok := false
	switch r.who {
	case anyone, linkHolder:
		return nil
	case may:
		ok = event != ident.Nil && a.May(r.right, event)
	case mayAnywhere:
		ok = a.MayAnywhere(r.right)
	case mayEverywhere:
		ok = a.May(r.right, ident.Nil)
	}
	switch {
	case ok:
		return nil
	case !a.SignedIn():
		return fault.New(fault.SignIn, "error.sign_in")
	}
	return fault.New(fault.Forbidden, "error.forbidden")
}

// get and post keep the table short.
func get(path string, rule Rule, h fiber.Handler) route {
	return route{Method: fiber.MethodGet, Path: path, Rule: rule, Handler: h}
}

func post(path string, rule Rule, h fiber.Handler) route {
	return route{Method: fiber.MethodPost, Path: path, Rule: rule, Handler: h}
}

// limit adds how often one caller may ask.
func (r route) limit(l Limit) route {
	r.Limit = &l
	return r
}

// add puts a route of the table into the router, behind its rule. Nothing else
// adds routes.
func (s *Server) add(r route) {
	chain := []fiber.Handler{s.guard(r), r.Handler}
	if r.Method == fiber.MethodGet {
		s.app.Get(r.Path, chain...) // HEAD too
		return
	}
	s.app.Add(r.Method, r.Path, chain...)
}

// routes is every address of the site. One table for each part, in the order of
// the menu; a part's handlers stand in the file of its name.
func (s *Server) routes() []route {
	var all []route
	for _, part := range [][]route{
		s.systemRoutes(),
		s.accountRoutes(),
		s.publicRoutes(),
		s.meRoutes(),
		s.photoRoutes(),
		s.delegationLinkRoutes(),
		s.overviewRoutes(),
		s.setupRoutes(),
		s.listRoutes(),
		s.registrationRoutes(),
		s.formRoutes(),
		s.delegationRoutes(),
		s.titleRoutes(),
		s.firmRoutes(),
		s.matchmakingRoutes(),
		s.agendaRoutes(),
		s.badgeRoutes(),
		s.doorRoutes(),
		s.projectRoutes(),
		s.statisticsRoutes(),
		s.mailRoutes(),
		s.paperRoutes(),
		s.privacyRoutes(),
	} {
		all = append(all, part...)
	}
	return all
}

// System.

func (s *Server) systemRoutes() []route {
	table := []route{
		get("/static/:sum/*", public(), s.assets.serve),
		get("/favicon.ico", public(), s.favicon),
		get("/robots.txt", public(), s.robots),
		post("/glyphs", public(), s.glyphs).limit(glyphLimit),
	}
	if s.Dev {
		table = append(table, get("/styleguide", public(), s.styleguide), post("/styleguide", public(), s.styleguidePost))
	}
	return table
}

// Signing in, accounts, the audit log.

func (s *Server) accountRoutes() []route {
	return []route{
		get("/sign-in", public(), s.signInForm),
		post("/sign-in", public(), s.signIn).limit(signInByAddress),
		post("/sign-out", public(), s.signOut),
		get("/console", anywhere(accounts.SeeConsole), s.consoleHome),
		get("/console/:event/accounts", everywhere(accounts.EditAccounts), s.accountList),
		post("/console/:event/accounts", everywhere(accounts.EditAccounts), s.createAccount),
		post("/console/:event/accounts/:account/disable", everywhere(accounts.EditAccounts), s.disableAccount),
		post("/console/:event/accounts/:account/enable", everywhere(accounts.EditAccounts), s.enableAccount),
		get("/console/:event/audit", right(accounts.SeeAudit), s.auditLog),
	}
}

// Public pages of an event: /, /e/:event, register, agenda, wall.

func (s *Server) publicRoutes() []route {
	return []route{
		get("/", public(), s.home),
		get("/e/:event", public(), s.publicEvent),
		get("/e/:event/register", public(), s.registerForm),
		post("/e/:event/register", public(), s.register).limit(registerLimit).takes(mostAnswered),
		get("/e/:event/link", public(), s.renewLinkForm),
		post("/e/:event/link", public(), s.renewLink).limit(linkLimit),
	}
}

// A registrant's own page: /me/:token.

func (s *Server) meRoutes() []route {
	return []route{
		get("/me/:token", link(), s.me),
		post("/me/:token/cancel", link(), s.withdraw),
		get("/me/:token/edit", link(), s.myDetails),
		post("/me/:token/edit", link(), s.editMyDetails).limit(editLimit).takes(mostAnswered),
		post("/me/:token/change/withdraw", link(), s.takeChangeBack),
		post("/me/:token/chinese-name/approve", link(), s.approveRendering).limit(editLimit),
		post("/me/:token/chinese-name/ask", link(), s.askRendering).limit(editLimit),
		get("/me/:token/badge.pdf", link(), s.myBadgePDF).limit(paperLimit),
		get("/me/:token/badge.png", link(), s.myBadgePNG),
		get("/me/:token/card.pdf", link(), s.myCard).limit(paperLimit),
		get("/me/:token/substitute", link(), s.ownSubstituteForm),
		post("/me/:token/substitute", link(), s.ownSubstitute).limit(editLimit).takes(mostAnswered),
		post("/me/:token/substitute/withdraw", link(), s.withdrawOwnSubstitution),
		get("/me/:token/data", link(), s.myData).limit(dataLimit),
		get("/me/:token/data.json", link(), s.myDataJSON).limit(paperLimit),
		get("/me/:token/data.pdf", link(), s.myDataPDF).limit(paperLimit),
		post("/me/:token/data", link(), s.askPrivacy).limit(editLimit),
		post("/me/:token/data/:request/withdraw", link(), s.takePrivacyBack),
	}
}

// Portraits and scans, handed in by guests: /me/:token, /delegation/:token.

func (s *Server) photoRoutes() []route {
	const member = "/delegation/:token/members/:registration"
	return []route{
		get("/me/:token/photo", link(), s.ownPhoto),
		post("/me/:token/photo", link(), s.addOwn(files.Photo)).limit(uploadLimit).takes(files.Most(files.Photo)),
		post("/me/:token/photo/remove", link(), s.removeOwn(files.Photo)),
		get("/me/:token/photo.jpg", link(), s.ownPicture),
		get("/me/:token/files/:file", link(), s.ownFile),
		post("/me/:token/passport", link(), s.addOwn(files.PassportScan)).limit(uploadLimit).takes(files.Most(files.PassportScan)),
		post("/me/:token/passport/remove", link(), s.removeOwn(files.PassportScan)),
		get(member+"/photo", link(), s.ownPhoto),
		post(member+"/photo", link(), s.addOwn(files.Photo)).limit(uploadLimit).takes(files.Most(files.Photo)),
		post(member+"/photo/remove", link(), s.removeOwn(files.Photo)),
		get(member+"/photo.jpg", link(), s.ownPicture),
		post(member+"/passport", link(), s.addOwn(files.PassportScan)).limit(uploadLimit).takes(files.Most(files.PassportScan)),
		post(member+"/passport/remove", link(), s.removeOwn(files.PassportScan)),
	}
}

// Console: portrait and identity papers of a registration, and every file.

func (s *Server) paperRoutes() []route {
	const papers = "/console/:event/registrations/:registration/papers"
	see, edit := right(accounts.SeeRegistrations), right(accounts.EditRegistration)
	return []route{
		get(papers, see, s.papers),
		post(papers+"/photo", edit, s.addPaper(files.Photo)).takes(files.Most(files.Photo)),
		post(papers+"/passport", edit, s.addPaper(files.PassportScan)).takes(files.Most(files.PassportScan)),
		post(papers+"/remove", edit, s.removePaper),
		post(papers+"/reveal", right(accounts.SeeSensitive), s.revealIdentity),
		get("/console/:event/files/:file", right(accounts.SeeConsole), s.file),
	}
}

// A delegation's or a firm's page: /delegation/:token, /firm/:token.

func (s *Server) delegationLinkRoutes() []route {
	return []route{
		get("/delegation/:token", link(), s.ownDelegation),
		get("/delegation/:token/members/new", link(), s.newMember),
		post("/delegation/:token/members/new", link(), s.addMember).limit(registerLimit).takes(mostAnswered),
		get("/delegation/:token/nominate", link(), s.nominateForm(s.officerSide)),
		post("/delegation/:token/nominate", link(), s.nominate(s.officerSide)).limit(editLimit),
		get("/delegation/:token/members/:registration/complete", link(), s.completeForm(s.officerSide)),
		post("/delegation/:token/members/:registration/complete", link(), s.complete(s.officerSide)).limit(editLimit).takes(mostAnswered),
		post("/delegation/:token/members/:registration/invite", link(), s.invite(s.officerSide)).limit(registerLimit),
		post("/delegation/:token/members/:registration/remove", link(), s.removeDraft(s.officerSide)),
		post("/delegation/:token/confirm", link(), s.confirmDrafts(s.officerSide)).limit(editLimit),
		post("/delegation/:token/order", link(), s.arrange(s.officerSide)).limit(editLimit),
		get("/delegation/:token/members/:registration/care", link(), s.careForm),
		post("/delegation/:token/members/:registration/care", link(), s.care).limit(editLimit),
		get("/delegation/:token/stay", link(), s.ownStayForm),
		post("/delegation/:token/stay", link(), s.editOwnStay).limit(editLimit),
		get("/delegation/:token/travel/new", link(), s.legForm(s.officerSide)),
		post("/delegation/:token/travel/new", link(), s.saveLeg(s.officerSide)).limit(editLimit),
		get("/delegation/:token/travel/:leg", link(), s.legForm(s.officerSide)),
		post("/delegation/:token/travel/:leg", link(), s.saveLeg(s.officerSide)).limit(editLimit),
		post("/delegation/:token/travel/:leg/remove", link(), s.removeLeg(s.officerSide)),
		get("/delegation/:token/members/:registration/edit", link(), s.memberDetails),
		post("/delegation/:token/members/:registration/edit", link(), s.editMember).limit(editLimit).takes(mostAnswered),
		post("/delegation/:token/members/:registration/chinese-name/approve", link(), s.approveRendering).limit(editLimit),
		post("/delegation/:token/members/:registration/chinese-name/ask", link(), s.askRendering).limit(editLimit),
		post("/delegation/:token/members/:registration/withdraw", link(), s.withdrawMember),
		post("/delegation/:token/substitutions/:substitution/withdraw", link(), s.withdrawSubstitution),
		get("/delegation/:token/members/:registration/substitute", link(), s.memberSubstituteForm),
		post("/delegation/:token/members/:registration/substitute", link(), s.memberSubstitute).limit(editLimit).takes(mostAnswered),
		get("/firm/:token", link(), s.ownFirm),
		get("/firm/:token/people/new", link(), s.newFirmPerson),
		post("/firm/:token/people/new", link(), s.registerFirmPerson).limit(registerLimit).takes(mostAnswered),
		get("/firm/:token/people/:registration/edit", link(), s.firmPersonDetails),
		post("/firm/:token/people/:registration/edit", link(), s.editFirmPerson).limit(editLimit),
		post("/firm/:token/people/:registration/withdraw", link(), s.withdrawFirmPerson),
		post("/firm/:token/trade", link(), s.editTrade),
		get("/firm/:token/contacts/new", link(), s.ownContact),
		post("/firm/:token/contacts/new", link(), s.saveOwnContact).limit(editLimit),
		get("/firm/:token/contacts/:contact", link(), s.ownContact),
		post("/firm/:token/contacts/:contact", link(), s.saveOwnContact).limit(editLimit),
		post("/firm/:token/contacts/:contact/remove", link(), s.removeOwnContact).limit(editLimit),
		post("/firm/:token/wishes", link(), s.askForMeeting),
		post("/firm/:token/wishes/:wish/withdraw", link(), s.takeWishBack),
	}
}

// Console: overview, /console/:event.

func (s *Server) overviewRoutes() []route {
	return []route{
		get("/console/:event", right(accounts.SeeConsole), s.overview),
	}
}

// Console: registrations.

func (s *Server) registrationRoutes() []route {
	return []route{
		get("/console/:event/registrations", right(accounts.SeeRegistrations), s.registrations),
		post("/console/:event/registrations/decisions", right(accounts.DecideRegistration), s.decideMany),
		post("/console/:event/registrations/decisions/:batch/undo", right(accounts.DecideRegistration), s.undoDecision),
		post("/console/:event/registrations/views", right(accounts.SeeRegistrations), s.saveView),
		post("/console/:event/registrations/views/:view/delete", right(accounts.SeeRegistrations), s.deleteView),
		get("/console/:event/registrations/merge/:first/:second", right(accounts.DecideRegistration), s.mergeForm),
		post("/console/:event/registrations/merge/:first/:second", right(accounts.DecideRegistration), s.merge),
		get("/console/:event/registrations/new", right(accounts.EditRegistration), s.newPersonForm),
		post("/console/:event/registrations/new", right(accounts.EditRegistration), s.registerPerson).takes(mostAnswered),
		get("/console/:event/registrations/:registration", right(accounts.SeeRegistrations), s.registration),
		get("/console/:event/registrations/:registration/edit", right(accounts.EditRegistration), s.editRegistrationForm),
		post("/console/:event/registrations/:registration/edit", right(accounts.EditRegistration), s.editRegistration).takes(mostAnswered),
		get("/console/:event/registrations/:registration/move", right(accounts.DecideRegistration), s.moveForm),
		post("/console/:event/registrations/:registration/move", right(accounts.DecideRegistration), s.moveRegistration),
		post("/console/:event/registrations/:registration/firm", right(accounts.DecideRegistration), s.linkFirm),
		get("/console/:event/registrations/:registration/substitute", right(accounts.EditRegistration), s.substituteForm),
		post("/console/:event/registrations/:registration/substitute", right(accounts.EditRegistration), s.substitute).takes(mostAnswered),
		get("/console/:event/substitutions/:substitution", right(accounts.DecideRegistration), s.substitution),
		post("/console/:event/substitutions/:substitution/:decision", right(accounts.DecideRegistration), s.decideSubstitution),
		post("/console/:event/registrations/:registration/changes/:change/:decision", right(accounts.DecideRegistration), s.decideChange),
		post("/console/:event/registrations/:registration/:decision", right(accounts.DecideRegistration), s.decideRegistration),
	}
}

// Console: categories, and the form of an event.

func (s *Server) formRoutes() []route {
	edit := right(accounts.EditEvent)
	return []route{
		get("/console/:event/categories", edit, s.categoryList),
		get("/console/:event/categories/new", edit, s.newCategory),
		post("/console/:event/categories/new", edit, s.saveCategory),
		get("/console/:event/categories/:category", edit, s.category),
		post("/console/:event/categories/:category", edit, s.saveCategory),
		post("/console/:event/categories/:category/:to", edit, s.moveCategory),
		get("/console/:event/form", edit, s.formBuilder),
		post("/console/:event/form/order", edit, s.orderQuestions),
		get("/console/:event/form/new", edit, s.newQuestion),
		post("/console/:event/form/new", edit, s.saveQuestion),
		get("/console/:event/form/:question", edit, s.question),
		post("/console/:event/form/:question", edit, s.saveQuestion),
		post("/console/:event/form/:question/:change", edit, s.changeQuestion),
	}
}

// Console: delegations, and the links to the own pages of delegations and firms.

func (s *Server) delegationRoutes() []route {
	see, edit, register := right(accounts.SeeDelegations), right(accounts.EditDelegation), right(accounts.EditRegistration)
	return []route{
		get("/console/:event/delegations", see, s.delegationList),
		get("/console/:event/delegations/deadlines", see, s.deadlines),
		post("/console/:event/delegations/deadlines", edit, s.setDeadlines),
		post("/console/:event/delegations/deadlines/remind", edit, s.remind),
		get("/console/:event/delegations/needs", see, s.needs),
		get("/console/:event/delegations/:delegation", see, s.delegation),
		post("/console/:event/delegations/:delegation/stay", edit, s.editStay),
		post("/console/:event/delegations/:delegation/links", edit, s.makeDelegationLink),
		post("/console/:event/delegations/:delegation/places", edit, s.setPlaces),
		post("/console/:event/delegations/:delegation/order", edit, s.arrange(s.deskSide)),
		get("/console/:event/delegations/:delegation/nominate", register, s.nominateForm(s.deskSide)),
		post("/console/:event/delegations/:delegation/nominate", register, s.nominate(s.deskSide)),
		get("/console/:event/delegations/:delegation/members/:registration/complete", register, s.completeForm(s.deskSide)),
		post("/console/:event/delegations/:delegation/members/:registration/complete", register, s.complete(s.deskSide)).takes(mostAnswered),
		post("/console/:event/delegations/:delegation/members/:registration/invite", register, s.invite(s.deskSide)),
		post("/console/:event/delegations/:delegation/members/:registration/remove", right(accounts.DecideRegistration), s.removeDraft(s.deskSide)),
		post("/console/:event/delegations/:delegation/confirm", register, s.confirmDrafts(s.deskSide)),
		get("/console/:event/delegations/:delegation/travel/new", edit, s.legForm(s.deskSide)),
		post("/console/:event/delegations/:delegation/travel/new", edit, s.saveLeg(s.deskSide)),
		get("/console/:event/delegations/:delegation/travel/:leg", edit, s.legForm(s.deskSide)),
		post("/console/:event/delegations/:delegation/travel/:leg", edit, s.saveLeg(s.deskSide)),
		post("/console/:event/delegations/:delegation/travel/:leg/remove", edit, s.removeLeg(s.deskSide)),
		post("/console/:event/links/:link/revoke", edit, s.revokeLink),
		post("/console/:event/links/:link/send", edit, s.sendLink).limit(trialLimit),
	}
}

// Console: titles in both languages. The list is of no event.

func (s *Server) titleRoutes() []route {
	edit := everywhere(accounts.EditDelegation)
	return []route{
		get("/console/:event/titles", right(accounts.SeeDelegations), s.titleList),
		post("/console/:event/titles", edit, s.saveTitle),
		post("/console/:event/titles/:title/delete", edit, s.deleteTitle),
	}
}

// Console: firms. The register and the grants are of no event: who changes them has
// the right over all.

func (s *Server) firmRoutes() []route {
	const firms, firm = "/console/:event/firms", "/console/:event/firms/:firm"
	see, edit, register := right(accounts.SeeDelegations), right(accounts.EditDelegation), everywhere(accounts.EditDelegation)
	return []route{
		get(firms, see, s.firmList),
		get(firms+".csv", see, s.firmTable),
		get(firms+"/new", register, s.newFirm),
		post(firms+"/new", register, s.createFirm),
		get(firm, see, s.firm),
		get(firm+"/edit", register, s.editFirmForm),
		post(firm+"/edit", register, s.editFirm),
		post(firm+"/join", edit, s.joinFirm),
		get(firm+"/leave", edit, s.leaveForm),
		post(firm+"/leave", edit, s.leaveEvent),
		get(firm+"/grants", see, s.grants),
		post(firm+"/grants", register, s.giveGrant),
		post(firm+"/grants/:grant/review", register, s.reviewGrant),
		post(firm+"/grants/:grant/revoke", register, s.revokeGrant),
		get(firm+"/contacts/new", edit, s.contact),
		post(firm+"/contacts/new", edit, s.saveContact),
		get(firm+"/contacts/:contact", edit, s.contact),
		post(firm+"/contacts/:contact", edit, s.saveContact),
		post(firm+"/contacts/:contact/remove", edit, s.removeContact),
		post(firm+"/links", edit, s.makeFirmLink),
	}
}

// Console: matchmaking.

func (s *Server) matchmakingRoutes() []route {
	edit := right(accounts.EditMatchmaking)
	return []route{
		get("/console/:event/matchmaking", right(accounts.SeeMatchmaking), s.matchmakingDesk),
		post("/console/:event/matchmaking/solve", edit, s.solveMatchmaking).limit(matchmakingLimit),
		post("/console/:event/matchmaking/repair", edit, s.repairMatchmaking).limit(matchmakingLimit),
		post("/console/:event/matchmaking/:plan/publish", edit, s.publishMatchmaking),
	}
}

// The agenda: in public, on the big screen, as a file and a stream; and in the
// console.

func (s *Server) agendaRoutes() []route {
	see, edit := right(accounts.SeeAgenda), right(accounts.EditAgenda)
	return []route{
		get("/e/:event/agenda", public(), s.publicAgenda),
		get("/e/:event/agenda.ics", public(), s.agendaFile),
		get("/e/:event/agenda/stream", public(), s.agendaStream),
		get("/e/:event/wall", public(), s.wall),
		get("/api/v1/events/:event/agenda", public(), s.agendaJSON),
		get("/api/v1/events/:event/agenda/stream", public(), s.agendaStream),
		get("/console/:event/stream", right(accounts.SeeConsole), s.consoleStream),
		get("/console/:event/agenda", see, s.consoleAgenda),
		get("/console/:event/agenda/new", edit, s.newSession),
		post("/console/:event/agenda/new", edit, s.createSession),
		get("/console/:event/agenda/:session", see, s.consoleSession),
		post("/console/:event/agenda/:session/move", edit, s.moveSession),
		post("/console/:event/agenda/:session/edit", edit, s.editSession),
		post("/console/:event/agenda/:session/status", edit, s.setSessionStatus),
		post("/console/:event/agenda/:session/cancel", edit, s.cancelSession),
		post("/console/:event/agenda/:session/delay", edit, s.delaySession),
	}
}

// Console: badges.

func (s *Server) badgeRoutes() []route {
	see, issue, revoke := right(accounts.SeeBadges), right(accounts.IssueBadge), right(accounts.RevokeBadge)
	return []route{
		get("/console/:event/badges", see, s.badgeList),
		post("/console/:event/badges/print", issue, s.printBadges),
		get("/console/:event/badges/prints/:print/badges.pdf", issue, s.printedSheet),
		get("/console/:event/badges/back", issue, s.badgeBack),
		post("/console/:event/badges/back", issue, s.saveBadgeBack),
		get("/console/:event/badges/:badge", see, s.badge),
		get("/console/:event/badges/:badge/badge.pdf", issue, s.badgePDF),
		post("/console/:event/badges/:badge/revoke", revoke, s.changeBadge("revoke")),
		post("/console/:event/badges/:badge/suspend", revoke, s.changeBadge("suspend")),
		post("/console/:event/badges/:badge/release", revoke, s.changeBadge("release")),
		post("/console/:event/badges/:badge/reissue", issue, s.changeBadge("reissue")),
	}
}

// Console: doors; and the door app, /door.

func (s *Server) doorRoutes() []route {
	see, edit := right(accounts.SeeDoors), right(accounts.EditDoors)
	return []route{
		get("/door", public(), s.doorApp),
		get("/console/:event/doors", see, s.doorsHome),
		get("/console/:event/doors/log", see, s.doorLog),
		get("/console/:event/doors/gates/new", edit, s.newGate),
		post("/console/:event/doors/gates/new", edit, s.saveGate),
		get("/console/:event/doors/gates/:gate", edit, s.editGate),
		post("/console/:event/doors/gates/:gate", edit, s.saveGate),
		post("/console/:event/doors/gates/:gate/:state", edit, s.openGate),
		get("/console/:event/doors/devices/new", edit, s.newDevice),
		post("/console/:event/doors/devices/new", edit, s.createDevice),
		get("/console/:event/doors/devices/:device", see, s.showDevice),
		post("/console/:event/doors/devices/:device/code", edit, s.deviceCode),
		post("/console/:event/doors/devices/:device/revoke", edit, s.revokeDevice),
	}
}

// Console: signed projects.

func (s *Server) projectRoutes() []route {
	see, edit, verify := right(accounts.SeeProjects), right(accounts.EditProject), right(accounts.VerifyProject)
	return []route{
		get("/console/:event/projects", see, s.projectList),
		get("/console/:event/projects/new", edit, s.newProject),
		post("/console/:event/projects/new", edit, s.recordProject),
		get("/console/:event/projects/rates", see, s.rates),
		post("/console/:event/projects/rates", everywhere(accounts.EditProject), s.saveRate),
		get("/console/:event/projects/:project", see, s.project),
		get("/console/:event/projects/:project/edit", edit, s.editProjectForm),
		post("/console/:event/projects/:project/edit", edit, s.editProject),
		post("/console/:event/projects/:project/stage", edit, s.reportStage),
		post("/console/:event/projects/:project/check", verify, s.checkStage),
		post("/console/:event/projects/:project/merge", edit, s.mergeProject),
	}
}

// Console: statistics.

func (s *Server) statisticsRoutes() []route {
	return []route{
		get("/console/:event/statistics", right(accounts.SeeStatistics), s.statistics),
	}
}

// Console: how long what is kept.

func (s *Server) privacyRoutes() []route {
	return []route{
		get("/console/:event/privacy", right(accounts.SeePrivacy), s.privacy),
		post("/console/:event/privacy/rules/:class", everywhere(accounts.EditPrivacy), s.setRule),
		post("/console/:event/privacy/requests/:request/:decision", right(accounts.EditPrivacy), s.answerRequest),
		post("/console/:event/privacy/holds", right(accounts.EditPrivacy), s.placeHold),
		post("/console/:event/privacy/holds/:hold/lift", right(accounts.EditPrivacy), s.liftHold),
	}
}
