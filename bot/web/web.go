package web

import (
	"crypto/rand"
	"net/http"

	"xintiexin/bot/web/office"
	"xintiexin/bot/web/resident"
	"xintiexin/bot/web/session"
)

// Handler serves everything below Prefix, where it is to be mounted.
func Handler(p *session.Pages) http.Handler {
	s := &session.Server{Pages: p}
	if _, err := rand.Read(s.Key[:]); err != nil {
		panic(err) // never returned (crypto/rand)
	}
	mux := http.NewServeMux()
	route := func(pattern string, handle func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, s.Serve(handle))
	}
	mux.HandleFunc("GET /p/style.css", session.Style)
	route("GET /p/{token}", s.Show)
	route("POST /p/{token}", s.Open)
	route("POST /p/{kind}/close", s.Close)

	mux.HandleFunc("GET /p/notice.js", resident.Script)
	route("GET /p/notice", s.Door("notice", resident.Notice))
	route("GET /p/prepare", s.Door("prepare", resident.Prepare))
	route("GET /p/carry", s.Door("carry", resident.Carry))
	route("GET /p/card", s.Pinned("card", resident.BookingCard))
	route("POST /p/card/pin", s.Door("card", (*session.Server).Pin))
	route("GET /p/mine", s.Pinned("mine", resident.Mine))
	route("POST /p/mine/pin", s.Door("mine", (*session.Server).Pin))
	route("GET /p/mine/looks", s.Pinned("mine", resident.Looks))
	route("GET /p/mine/change", s.Pinned("mine", resident.AskChange))
	route("POST /p/mine/change", s.Pinned("mine", resident.Change))
	route("GET /p/mine/copy", s.Pinned("mine", resident.Copy))
	route("GET /p/mine/copy.txt", s.Pinned("mine", resident.CopyText))
	route("GET /p/mine/copy.json", s.Pinned("mine", resident.CopyJSON))
	route("POST /p/mine/stop", s.Pinned("mine", resident.Stop))
	route("POST /p/mine/resume", s.Pinned("mine", resident.Resume))
	route("GET /p/mine/withdraw", s.Pinned("mine", resident.AskWithdraw))
	route("POST /p/mine/withdraw", s.Pinned("mine", resident.Withdraw))
	route("GET /p/mine/erase", s.Pinned("mine", resident.AskErase))
	route("POST /p/mine/erase", s.Pinned("mine", resident.Erase))

	route("GET /p/note", s.Door("note", resident.AskNote))
	route("POST /p/note", s.Door("note", resident.Note))
	route("POST /p/note/tell", s.Door("note", resident.TellNote))
	route("GET /p/answer", s.Door("answer", resident.Answer))
	route("POST /p/answer/delete", s.Door("answer", resident.DeleteNote))
	route("GET /p/reply", s.Door("reply", resident.AskReply))
	route("POST /p/reply", s.Door("reply", resident.Reply))

	route("GET /p/office", s.Office(session.Both, office.Home))
	route("GET /p/office/import", s.Office(session.Both, office.AskImport))
	route("POST /p/office/import", s.Office(session.Both, office.Upload))
	route("GET /p/office/import/report", s.Office(session.Both, office.Report))
	route("GET /p/office/import/marked", s.Office(session.Both, office.Marked))
	route("GET /p/office/import/template", s.Office(session.Both, office.ImportTemplate))
	route("POST /p/office/import/apply", s.Office(session.Both, office.ApplyImport))
	route("POST /p/office/import/drop", s.Office(session.Both, office.DropImport))
	route("GET /p/office/site", s.Office(session.Both, office.AskSite))
	route("POST /p/office/site", s.Office(session.Both, office.UploadSite))
	route("GET /p/office/site/file", s.Office(session.Both, office.SiteFile))
	route("POST /p/office/site/apply", s.Office(session.Both, office.ApplySite))
	route("GET /p/office/forms", s.Office(session.Both, office.AskForms))
	route("POST /p/office/forms", s.Office(session.Both, office.UploadForm))
	route("POST /p/office/forms/apply", s.Office(session.Both, office.ApplyForm))
	route("POST /p/office/forms/answers", s.Office(session.Clerk, office.FormAnswers))
	route("GET /p/office/export", s.Office(session.Clerk, office.AskExport))
	route("POST /p/office/export", s.Office(session.Clerk, office.Export))
	route("GET /p/office/cards", s.Office(session.Clerk, office.AskCards))
	route("POST /p/office/cards", s.Office(session.Clerk, office.Cards))
	route("GET /p/office/codes", s.Office(session.Both, office.AskCodes))
	route("POST /p/office/codes", s.Office(session.Both, office.Codes))
	route("POST /p/office/codes/leave", s.Office(session.Both, office.LeaveOffice))
	route("GET /p/office/staff", s.Office(session.Both, office.AskRoles))
	route("POST /p/office/staff", s.Office(session.Both, office.Roles))
	route("GET /p/office/posters", s.Office(session.Both, office.ShowPosters))

	return s.Guarded(mux)
}
