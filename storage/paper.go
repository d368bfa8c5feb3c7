package storage

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// Paper is a document that a clinic has for somebody: never what stands on it,
// only where it is on its way to her (domain.md 2.5).
type Paper struct {
	ID, Resident string
	Appointment  string
	Number       string // of the appointment, as it is said at the desk
	Slip         bool   `json:",omitempty"` // a slip with which she goes on elsewhere
	SelfOnly     bool   // into her own hands only: every other way is refused here, not only in the talk
	Explain      bool   // a doctor explains it face to face
	State        PaperState
	Proxy        string       `json:",omitempty"` // whom she named to fetch it; hers to take back
	Mail         bool         `json:",omitempty"` // she wishes it by sealed mail; her address stands on the envelope only
	Day          calendar.Day `json:",omitempty"` // she comes on this day
	Part         string       `json:",omitempty"` // 上午, 下午
	Until        calendar.Day `json:",omitempty"` // kept for her until then
	Here         int64        `json:",omitempty"` // Unix seconds: she wrote that she is at the desk
	By           string       // the clinician who has it
	Handed       string       `json:",omitempty"` // the cadre who wrote down how it ended, "" when she did
	At           int64        // Unix seconds when it was ready
	Reminded     int64        `json:",omitempty"` // Unix seconds
	Ended        int64        `json:",omitempty"` // Unix seconds: in her hands, fetched, mailed, or not wanted
}

// PaperState is where a paper stands.
type PaperState string

const (
	Pending  PaperState = "pending"  // not made out yet
	Ready    PaperState = "ready"    // can be fetched
	Reminded PaperState = "reminded" // and she was reminded once
	Signed   PaperState = "signed"   // in her own hands, by her own word or her signature at the desk
	Proxied  PaperState = "proxied"  // fetched by the proxy she named
	Mailed   PaperState = "mailed"   // sent by sealed mail, as she wished
	Kept     PaperState = "kept"     // kept for her until a day, as she wished
	Waived   PaperState = "waived"   // she does not want it
)

// PaperStates are all states, in the order of the norms.
var PaperStates = [...]PaperState{Pending, Ready, Reminded, Signed, Proxied, Mailed, Kept, Waived}

// ErrProxy says that nobody, or somebody else, was named to fetch a paper.
var ErrProxy = errors.New("storage: not whom she named")

// paperMoves says which state may follow which. What is kept for her can still
// be fetched; what has ended stays as it is.
var paperMoves = map[PaperState][]PaperState{
	Pending:  {Ready},
	Ready:    {Reminded, Signed, Proxied, Mailed, Kept, Waived},
	Reminded: {Signed, Proxied, Mailed, Kept, Waived},
	Kept:     {Signed, Proxied, Mailed, Waived},
}

// Leads reports whether a paper may go from one state to another.
func (s PaperState) Leads(to PaperState) bool { return slices.Contains(paperMoves[s], to) }

// Final reports whether nothing follows a state.
func (s PaperState) Final() bool { return len(paperMoves[s]) == 0 }

// Open reports whether a paper still waits for her on a day. One whose day of
// keeping is past is closed: the clinic has its own copy, and she can ask there.
func (p Paper) Open(today calendar.Day) bool {
	return p.State != Pending && !p.State.Final() && (p.Until == 0 || today <= p.Until)
}

// Move is the paper in another state. It returns ErrSelfOnly for a way by which
// it would come into other hands than her own though it must not, and ErrPast
// where the state does not follow or the paper is kept no longer.
func (p Paper) Move(to PaperState, now time.Time) (Paper, error) {
	switch {
	case p.SelfOnly && (to == Proxied || to == Mailed):
		return p, ErrSelfOnly
	case !p.State.Leads(to), p.State != Pending && !p.Open(calendar.DayOf(now)):
		return p, ErrPast
	}
	p.State = to
	switch {
	case to == Reminded:
		p.Reminded = now.Unix()
	case to.Final():
		p.Ended = now.Unix()
	}
	return p, nil
}

// Numbers of the norms where the site sets none.
const (
	keepPaperDays   = 180
	remindPaperDays = 7
	lastPaperDays   = 7 // before the end of keeping, the last message
)

// MakeReady, by clinician or clerk, says that the paper of one person of an
// appointment can be fetched, and books the message that says only that, one
// reminder, and one before it is kept no longer. It returns ErrScope for other
// roles and for somebody of the asker's own family, ErrNotFound for a person who
// is not of the appointment, and ErrTwice with the paper that waits already.
func (s Scope) MakeReady(p Paper, cause string, now time.Time) (Paper, error) {
	if err := s.deskOf(p.Resident); err != nil {
		return p, err
	}
	a, err := s.Appointment(p.Appointment)
	if err != nil {
		return p, err
	}
	if p.Resident == "" || p.Resident != a.Resident && p.Resident != a.Spouse {
		return p, ErrNotFound
	}
	today := calendar.DayOf(now)
	all, err := s.tx.papers(p.Resident)
	if err != nil {
		return p, err
	}
	for _, old := range all {
		if old.Appointment == a.ID && old.Slip == p.Slip && old.Open(today) {
			return old, ErrTwice
		}
	}
	site, err := s.tx.Site()
	if err != nil {
		return p, err
	}
	p.ID, p.Number, p.State, p.By = ID("paper", cause, p.Resident), a.Number, Pending, s.Person.Cadre.ID
	p.At, p.Until = now.Unix(), today+calendar.Day(site.Limit("keep_paper_days", keepPaperDays))
	if p, err = p.Move(Ready, now); err != nil {
		return p, err
	}
	if err := s.tx.putPaper(p); err != nil {
		return p, err
	}
	if err := s.tx.promisePaper(p, today+calendar.Day(site.Limit("remind_paper_days", remindPaperDays)), now); err != nil {
		return p, err
	}
	return p, s.look(p.Resident, "ready", now)
}

// promisePaper books what she is told of a paper.
func (tx *Tx) promisePaper(p Paper, remind calendar.Day, now time.Time) error {
	last := p.Until - lastPaperDays
	messages := []Delivery{
		{Kind: "paper_ready", Earliest: now.Unix(), Latest: remind.At(0, 0).Unix()},
		{Kind: "paper_reminder", Earliest: remind.At(9, 0).Unix(), Latest: (remind + 3).At(20, 0).Unix()},
		{Kind: "paper_last", Earliest: last.At(9, 0).Unix(), Latest: p.Until.At(20, 0).Unix()},
	}
	for _, d := range messages {
		if d.Kind == "paper_last" && last <= remind {
			continue
		}
		d.Cause = paperCause(p.ID, d.Kind)
		d.To, d.About, d.Priority, d.Booked = "r:"+p.Resident, p.Resident, 2, now.Unix()
		d.Facts = map[string]string{"paper": p.ID, "until": p.Until.String(), "self": pick(p.SelfOnly, "yes", "")}
		if _, err := tx.Enqueue(d); err != nil {
			return err
		}
	}
	return nil
}

func paperCause(id, kind string) string { return "paper/" + id + "/" + kind }

// Papers returns the papers of a resident, newest first: for herself, clinician
// and clerk (ErrNotFound for everybody else).
func (s Scope) Papers(resident string) ([]Paper, error) {
	if !s.own[resident] {
		if err := s.deskOf(resident); err != nil {
			return nil, ErrNotFound
		}
	}
	if _, err := s.Client(resident); err != nil {
		return nil, err
	}
	return s.tx.papers(resident)
}

// Paper returns one paper of a resident, as Papers does.
func (s Scope) Paper(resident, id string) (Paper, error) {
	all, err := s.Papers(resident)
	if err != nil {
		return Paper{}, err
	}
	if i := slices.IndexFunc(all, func(p Paper) bool { return p.ID == id }); i >= 0 {
		return all[i], nil
	}
	return Paper{}, ErrNotFound
}

// papers reads what there is for a resident, newest first. That she was reminded
// is known by the message that went out.
func (tx *Tx) papers(resident string) ([]Paper, error) {
	all, err := collect(list[Paper](tx, prefix("paper", resident)))
	if err != nil {
		return nil, err
	}
	for i, p := range all {
		if p.State != Ready {
			continue
		}
		d, err := optional(tx.DeliveryOf(paperCause(p.ID, "paper_reminder")))
		if err != nil {
			return nil, err
		}
		if d.State == Sent || d.State == Delivered {
			all[i].State, all[i].Reminded = Reminded, d.Settled
		}
	}
	slices.SortFunc(all, func(a, b Paper) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

func (tx *Tx) putPaper(p Paper) error { return tx.put(key("paper", p.Resident, p.ID), p) }

// deskOf returns ErrScope for whoever is not of the clinic's desk, or is of the
// resident's own family.
func (s Scope) deskOf(resident string) error {
	if !s.Person.Cadre.Has(Clinician, Clerk) || s.own[resident] {
		return ErrScope
	}
	return nil
}

// decides returns ErrScope unless the asker may say how a paper goes its way: the
// person herself, or the desk for somebody whom no WeChat stands for, who signed
// on paper. It reports which.
func (s Scope) decides(resident string) (onPaper bool, err error) {
	if s.own[resident] {
		return false, nil
	}
	if err := s.deskOf(resident); err != nil {
		return false, err
	}
	openid, err := s.tx.WeChatOf(resident)
	if err == nil && openid != "" {
		err = ErrScope
	}
	return true, err
}

// chosen changes an open paper as the person wishes; other is what stands in who
// has looked where the desk tries to send one that only she can have another way.
func (s Scope) chosen(resident, id, other string, now time.Time, change func(p *Paper, onPaper bool) error) (Paper, error) {
	p, err := s.Paper(resident, id)
	if err != nil {
		return p, err
	}
	onPaper, err := s.decides(resident)
	if errors.Is(err, ErrScope) && p.SelfOnly && other != "" { // she decides on her phone, and not this either
		err = s.refuse(resident, other, now, ErrSelfOnly)
	}
	if err != nil {
		return p, err
	}
	if err := change(&p, onPaper); err != nil {
		return p, err
	}
	return p, s.tx.putPaper(p)
}

// ComeFor keeps the day, and its part, on which she comes for a paper. It returns
// ErrPast for a day that is over or lies behind its keeping.
func (s Scope) ComeFor(resident, id string, day calendar.Day, part string, now time.Time) (Paper, error) {
	return s.chosen(resident, id, "", now, func(p *Paper, _ bool) error {
		today := calendar.DayOf(now)
		if !p.Open(today) || day < today || day > p.Until {
			return ErrPast
		}
		p.Day, p.Part = day, part
		return nil
	})
}

// KeepPaper keeps a paper for her until its last day. ErrPast when it is over.
func (s Scope) KeepPaper(resident, id string, now time.Time) (Paper, error) {
	return s.chosen(resident, id, "", now, func(p *Paper, onPaper bool) error {
		if p.Day, p.Part = 0, ""; p.State == Kept && p.Open(calendar.DayOf(now)) {
			return nil
		}
		return s.moved(p, Kept, onPaper, now)
	})
}

// WaivePaper ends it: she does not want the paper. ErrPast when it is over.
func (s Scope) WaivePaper(resident, id string, now time.Time) (Paper, error) {
	return s.chosen(resident, id, "", now, func(p *Paper, onPaper bool) error { return s.moved(p, Waived, onPaper, now) })
}

// SignPaper keeps that she has it: her own confirmation, or, at the desk, her
// signature on paper.
func (s Scope) SignPaper(resident, id string, now time.Time) (Paper, error) {
	p, err := s.Paper(resident, id)
	if err != nil {
		return p, err
	}
	if err := s.moved(&p, Signed, !s.own[resident], now); err != nil {
		return p, err
	}
	return p, s.tx.putPaper(p)
}

// moved moves a paper; what the desk writes down for her stands in who has
// looked.
func (s Scope) moved(p *Paper, to PaperState, desk bool, now time.Time) (err error) {
	if *p, err = p.Move(to, now); err != nil {
		return err
	}
	if !desk {
		return nil
	}
	what := map[PaperState]string{Signed: "handed", Proxied: "proxy", Mailed: "mailed", Kept: "kept", Waived: "waived"}[to]
	p.Handed = s.Person.Cadre.ID
	return s.look(p.Resident, what, now)
}

// NameProxy keeps whom she names to fetch a paper, "" nobody any more. It returns
// ErrSelfOnly for a paper that only she can have, ErrConsent when she has not
// agreed to C4, ErrPast when the paper is over.
func (s Scope) NameProxy(resident, id, name string, now time.Time) (Paper, error) {
	return s.chosen(resident, id, "proxy", now, func(p *Paper, onPaper bool) error {
		if err := s.otherWay(*p, Proxied, onPaper, name != "", now); err != nil {
			return err
		}
		p.Proxy, p.Mail = name, p.Mail && name == ""
		return nil
	})
}

// WishMail keeps whether she wishes a paper by sealed mail; errors as NameProxy.
func (s Scope) WishMail(resident, id string, wish bool, now time.Time) (Paper, error) {
	return s.chosen(resident, id, "mailed", now, func(p *Paper, onPaper bool) error {
		if err := s.otherWay(*p, Mailed, onPaper, wish, now); err != nil {
			return err
		}
		if p.Mail = wish; wish {
			p.Proxy = ""
		}
		return nil
	})
}

// otherWay returns why a paper may not go into other hands. At the desk the
// person signs for it, and that is kept as her consent.
func (s Scope) otherWay(p Paper, to PaperState, onPaper, wished bool, now time.Time) error {
	if _, err := p.Move(to, now); err != nil {
		if errors.Is(err, ErrSelfOnly) && onPaper {
			return s.refuse(p.Resident, "proxy", now, err)
		}
		return err
	}
	if !wished { // taking it back needs no consent
		return nil
	}
	if onPaper {
		c := Consent{Resident: p.Resident, Set: C4, Answer: Yes, Channel: "paper", By: s.Person.Cadre.ID, At: now.Unix()}
		return errors.Join(s.tx.putConsent(c), s.look(p.Resident, "proxy", now))
	}
	return s.tx.agreed(p.Resident, C4)
}

// agreed returns ErrConsent unless a set is agreed to.
func (tx *Tx) agreed(resident string, set Set) error {
	c, err := tx.Consent(resident, set)
	if err == nil && !c.Given() {
		err = ErrConsent
	}
	return err
}

// HandToProxy keeps that the person whom she named fetched a paper; name is what
// the one at the desk is called. What may not be is refused here and stands in
// who has looked: ErrSelfOnly for a paper that only she can have, ErrProxy when
// she named nobody or somebody else, ErrConsent when she took her consent back.
func (s Scope) HandToProxy(resident, id, name string, now time.Time) (Paper, error) {
	return s.handed(resident, id, Proxied, now, func(p Paper) error {
		if name = strings.ReplaceAll(name, " ", ""); name == "" || p.Proxy == "" || !sameName(p.Proxy, name) {
			return ErrProxy
		}
		return nil
	})
}

// MailPaper keeps that a paper was sent; errors as HandToProxy, ErrProxy when she
// did not wish it.
func (s Scope) MailPaper(resident, id string, now time.Time) (Paper, error) {
	return s.handed(resident, id, Mailed, now, func(p Paper) error {
		if !p.Mail {
			return ErrProxy
		}
		return nil
	})
}

// handed moves a paper into other hands, from the desk only, where wished says
// that this is what she wanted.
func (s Scope) handed(resident, id string, to PaperState, now time.Time, wished func(Paper) error) (Paper, error) {
	what := pick(to == Mailed, "mailed", "proxy")
	p, err := s.Paper(resident, id)
	if err != nil {
		return p, err
	}
	if err := s.deskOf(resident); err != nil {
		if p.SelfOnly { // whoever asks
			err = ErrSelfOnly
		}
		return p, err
	}
	_, err = p.Move(to, now)
	if err == nil {
		err = wished(p)
	}
	if err == nil {
		err = s.tx.agreed(resident, C4)
	}
	if errors.Is(err, ErrSelfOnly) || errors.Is(err, ErrProxy) || errors.Is(err, ErrConsent) {
		err = s.refuse(resident, what, now, err)
	}
	if err != nil {
		return p, err
	}
	if err := s.moved(&p, to, true, now); err != nil { // from here on it stands in who has looked as done
		return p, err
	}
	return p, s.tx.putPaper(p)
}

// Here keeps that she is at the desk, and tells who has the paper, once a day.
func (s Scope) Here(resident, id string, now time.Time) (Paper, error) {
	if !s.own[resident] {
		return Paper{}, ErrNotFound
	}
	p, err := s.Paper(resident, id)
	if err != nil {
		return p, err
	}
	today := calendar.DayOf(now)
	if !p.Open(today) {
		return p, ErrPast
	}
	p.Here = now.Unix()
	if err := s.tx.putPaper(p); err != nil {
		return p, err
	}
	acting, err := s.tx.Acting(p.By)
	if err != nil {
		return p, err
	}
	_, err = s.tx.Enqueue(Delivery{
		Cause: "paper/" + p.ID + "/here/" + today.String(), Kind: "paper_here", To: "c:" + acting, About: resident,
		Facts:    map[string]string{"paper": p.ID, "number": p.Number, "day": today.String()},
		Earliest: now.Unix(), Latest: now.Add(2 * time.Hour).Unix(), Booked: now.Unix(), Priority: 1,
	})
	return p, err
}

// paperStands returns why a delivery about a paper is no longer true, "" while
// it is.
func (tx *Tx) paperStands(d Delivery) (string, error) {
	c, err := tx.Consent(d.About, C1)
	if err != nil || c.Answer == No || c.Withdrawn != 0 {
		return "withdrawn", err
	}
	if d.Kind == "paper_return" {
		return tx.returnStands(d)
	}
	p, err := get[Paper](tx, key("paper", d.About, d.Facts["paper"]))
	switch {
	case errors.Is(err, ErrNotFound):
		return "gone", nil
	case err != nil:
		return "", err
	case p.State.Final():
		return "ended", nil
	}
	due := calendar.DayOf(time.Unix(d.Earliest, 0))
	switch d.Kind {
	case "paper_ready": // she has seen it already
		return pick(p.Day != 0 || p.State == Kept || p.Proxy != "" || p.Mail, "answered", ""), nil
	case "paper_reminder": // she has said when, or how
		return pick(p.Day >= due || p.State != Ready || p.Proxy != "" || p.Mail, "answered", ""), nil
	}
	return "", nil
}

// paperTies says whether there is a paper for a resident.
func paperTies(tx *Tx, resident string) ([]Tie, error) {
	for _, err := range tx.parts(prefix("paper", resident)) {
		return []Tie{{}}, err
	}
	return nil, nil
}

// withdrawnPapers takes from a person's papers whom she named to fetch them, and that
// she wished them by mail, with the consent to it.
func withdrawnPapers(tx *Tx, resident string, set Set, _ time.Time) error {
	if set != C4 {
		return nil
	}
	papers, err := collect(list[Paper](tx, prefix("paper", resident)))
	if err != nil {
		return err
	}
	for _, p := range papers {
		if p.Ended != 0 || p.Proxy == "" && !p.Mail {
			continue
		}
		p.Proxy, p.Mail = "", false
		if err := tx.put(key("paper", resident, p.ID), p); err != nil {
			return err
		}
	}
	return nil
}
