package office

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io"
	"net/http"

	"xintiexin/bot/web/session"
	"xintiexin/flows/people"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// poster is what hangs in a village.
type poster struct {
	Village string
	QR      template.HTML
}

// Posters are the villages' posters, a page each.
type Posters struct {
	session.Frame
	Town    townconfig.Town
	Posters []poster
	Phone   string
	Style   template.CSS // in a file of its own; "" on the office's page
}

// readPosters makes the posters of the villages that stand.
func readPosters(ctx context.Context, store *record.Store, qr func(scene string) (string, error)) (Posters, error) {
	var p Posters
	var villages []person.Village
	err := store.View(ctx, func(tx *record.Tx) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		if p.Town, err = townconfig.LoadTown(tx); err != nil {
			return err
		}
		if p.Phone, err = session.AdvicePhone(tx, site); err != nil {
			return err
		}
		villages, err = person.Villages(tx)
		return err
	})
	if err != nil {
		return p, err
	}
	for _, v := range villages {
		if v.MergedInto != "" {
			continue
		}
		says, err := qr(people.Poster(v.ID))
		if err != nil {
			return p, fmt.Errorf("qr of a poster: %w", err)
		}
		code, err := session.QrSVG(says)
		if err != nil {
			return p, err
		}
		p.Posters = append(p.Posters, poster{v.Name, code})
	}
	return p, nil
}

// WritePosters writes the posters of all villages as one page that prints by
// itself, without anything beside it, and returns how many there are.
func WritePosters(p *session.Pages, ctx context.Context, w io.Writer) (n int, err error) {
	page, err := readPosters(ctx, p.Store, func(scene string) (string, error) { return p.QR(ctx, scene, 0) })
	if err != nil {
		return 0, err
	}
	css, err := session.Files.ReadFile("html/style.css")
	if err != nil {
		return 0, err
	}
	page.Style = template.CSS(css)
	var b bytes.Buffer
	if err := session.Templates.ExecuteTemplate(&b, "posters.html", page); err != nil {
		return 0, fmt.Errorf("render posters: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return len(page.Posters), err
}

// ShowPosters shows the posters of all villages, to be printed.
func ShowPosters(s *session.Server, v *session.Visit) error {
	if s.QR == nil {
		return s.Render(v.W, http.StatusOK, "done", donePage{v.Frame, session.Lines(session.Say("postersNoQR"))})
	}
	v.Slow()
	page, err := readPosters(v.R.Context(), s.Store, func(scene string) (string, error) { return s.QR(v.R.Context(), scene, 0) })
	if err != nil {
		s.Log.Warn("no posters", "err", err)
		return s.Render(v.W, http.StatusBadGateway, "done", donePage{v.Frame, session.Lines(session.Say("postersFail"))})
	}
	if len(page.Posters) == 0 {
		return s.Render(v.W, http.StatusOK, "done", donePage{v.Frame, session.Lines(session.Say("postersNone"))})
	}
	page.Frame = v.Frame
	return s.Render(v.W, http.StatusOK, "posters", page)
}
