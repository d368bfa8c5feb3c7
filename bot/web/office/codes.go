package office

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/web/session"
	"xintiexin/flows/people"
	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
	"xintiexin/storage/townconfig"
)

// cadreRow is a cadre who can be given a code.
type cadreRow struct {
	ID, Name, Place string
	Bound           bool
}

type codesPage struct {
	session.Frame
	Cadres []cadreRow
	Said   string
}

// AskCodes lists the staff: who is not bound yet is ticked.
func AskCodes(s *session.Server, v *session.Visit) error { return showCodes(v, http.StatusOK, "") }

func showCodes(v *session.Visit, status int, said string) error {
	page := codesPage{Frame: v.Frame, Said: said}
	err := v.View(func(tx *record.Tx, _ person.Scope) (err error) {
		page.Cadres, err = cadreRows(tx)
		return err
	})
	if err != nil {
		return err
	}
	return v.S.Render(v.W, status, "codes", page)
}

// cadreRows are all staff, those without a binding first.
func cadreRows(tx *record.Tx) ([]cadreRow, error) {
	all, err := person.AllStaff(tx)
	if err != nil {
		return nil, err
	}
	var out []cadreRow
	for _, c := range all {
		if c.Left {
			continue
		}
		place, err := servesWhere(tx, c)
		if err != nil {
			return nil, err
		}
		out = append(out, cadreRow{c.ID, c.Name, place, c.OpenID != ""})
	}
	slices.SortStableFunc(out, func(a, b cadreRow) int {
		if a.Bound == b.Bound {
			return strings.Compare(a.Place, b.Place)
		}
		if a.Bound {
			return 1
		}
		return -1
	})
	return out, nil
}

// servesWhere says where a cadre works: her villages, or what she does for the
// town.
func servesWhere(tx *record.Tx, c person.Staff) (string, error) {
	var names []string
	for _, id := range c.Villages {
		v, err := person.LoadVillage(tx, id)
		if err != nil {
			return "", fmt.Errorf("village of a cadre: %w", err)
		}
		names = append(names, v.Name)
	}
	if len(names) == 0 {
		for _, r := range c.Roles {
			names = append(names, session.RoleNames[r])
		}
	}
	return strings.Join(names, "、"), nil
}

// slip is what is handed to a cadre.
type slip struct {
	Name, Place string
	Code        []string // in groups of five, as they are read out
	Till        string
	QR          template.HTML
	code        string
}

type slipsPage struct {
	session.Frame
	Town  townconfig.Town
	Slips []slip
	NoQR  bool // the platform gave none, though there is an account
	Said  string
}

// Codes gives codes out to the cadres who are ticked, or asks whether the one who is
// left the office. The
// page with the codes is shown once: only a hash of each is kept.
func Codes(s *session.Server, v *session.Visit) error {
	ids := v.R.PostForm["cadre"]
	if len(ids) == 0 {
		return showCodes(v, http.StatusUnprocessableEntity, session.Say("codesNobody"))
	}
	if v.R.PostForm.Get("what") == "take" {
		return askLeave(v, ids)
	}
	page := slipsPage{Frame: v.Frame}
	random := make(map[string]string, len(ids)) // made before: a transaction knows no chance
	for _, id := range ids {
		code, err := newCode()
		if err != nil {
			return err
		}
		random[id] = code
	}
	err := v.Update(func(tx *record.Tx, scope person.Scope) (err error) {
		page.Slips, page.Said = nil, ""
		if page.Town, err = townconfig.LoadTown(tx); err != nil {
			return err
		}
		page.Slips, page.Said, err = giveCodes(v, tx, scope, random)
		return err
	})
	if err != nil {
		return err
	}
	if len(page.Slips) == 0 {
		return showCodes(v, http.StatusOK, page.Said)
	}
	v.Slow()
	page.NoQR = !codeQRs(s, v.R.Context(), page.Slips)
	return s.Render(v.W, http.StatusOK, "codes_print", page)
}

// giveCodes gives a code to each cadre for whom there is one. Where that takes a
// second person, who is asked instead; said says so.
func giveCodes(v *session.Visit, tx *record.Tx, scope person.Scope, random map[string]string) (slips []slip, said string, err error) {
	all, err := person.AllStaff(tx)
	if err != nil {
		return nil, "", err
	}
	var asked []string
	for _, c := range all {
		code, wanted := random[c.ID]
		if !wanted || c.Left {
			continue
		}
		err := staffing.GiveCode(scope, code, c.ID, v.Now)
		if errors.Is(err, ops.ErrSecond) {
			_, err = staffing.AskCode(scope, c.ID, code, v.Now)
			if errors.Is(err, record.ErrScope) {
				said = session.Say("codesOwn")
				continue
			}
			asked = append(asked, c.Name)
			if err != nil {
				return nil, "", err
			}
			continue
		}
		if err != nil {
			return nil, "", err
		}
		place, err := servesWhere(tx, c)
		if err != nil {
			return nil, "", err
		}
		slips = append(slips, slip{Name: c.Name, Place: place, Code: []string{code[:5], code[5:10], code[10:]},
			Till: session.Say("codesTill", lastHour(v.Now.Add(person.InviteTime))), code: code})
	}
	if len(asked) > 0 {
		said = strings.TrimSpace(session.Say("codesAsked", strings.Join(asked, "、")) + " " + said)
	}
	return slips, said, nil
}

// lastHour is an instant as it stands on paper: 12月3日 14:05.
func lastHour(t time.Time) string { return calendar.DayOf(t).Short() + " " + session.Hour(t.Unix()) }

// codeQRs asks the platform for the QR of each code; it reports whether all came.
// Without, the digits do.
func codeQRs(s *session.Server, ctx context.Context, slips []slip) bool {
	if s.QR == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for i := range slips {
		says, err := s.QR(ctx, people.Scene(slips[i].code), person.InviteTime)
		if err == nil {
			slips[i].QR, err = session.QrSVG(says)
		}
		if err != nil {
			s.Log.Warn("no QR for a binding code", "err", err)
			return false
		}
	}
	return true
}

// newCode makes the digits of a binding code.
func newCode() (string, error) {
	var random [13]byte
	for i := range random {
		for b := random[i : i+1]; ; { // 0..249 only: every digit alike
			if _, err := rand.Read(b); err != nil {
				return "", fmt.Errorf("make code: %w", err)
			}
			if b[0] < 250 {
				break
			}
		}
	}
	return person.NewCode(random), nil
}
