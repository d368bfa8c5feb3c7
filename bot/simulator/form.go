package simulator

import (
	"io"
	"net/http"
	"strings"

	"xintiexin/bot/wechat/fake"
)

// Trial is what became of a form that was dropped on the page.
type Trial struct {
	Title    string
	Who      string // the openid on whose phone it is begun; "" when it cannot be asked
	Say      string // what is said there
	Findings []Finding
}

// Finding is one thing that a form's author is told.
type Finding struct {
	Text    string `json:"text"`
	Marked  string `json:"marked"` // the cell's text and a mark below it, two lines; "" when there is none
	Warning bool   `json:"warning"`
}

// largest is a byte more than a form may have, which its reader then says.
const largest = 16<<20 + 1

// form takes a workbook and begins it in a chat. The page gets the findings, and
// whose phone to look at.
func (s *Simulator) form(w http.ResponseWriter, r *http.Request) error {
	if s.Try == nil {
		return refusal{http.StatusNotFound, "这里不能试填表格。"}
	}
	src, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
	if err != nil {
		return refusal{http.StatusRequestEntityTooLarge, "这个文件太大，读不完。"}
	}
	q := r.URL.Query()
	name := q.Get("name")
	if !strings.HasSuffix(strings.ToLower(name), ".xlsx") && !strings.HasSuffix(strings.ToLower(name), ".xls") && !strings.HasSuffix(strings.ToLower(name), ".md") {
		return refusal{http.StatusBadRequest, "请放一张 Excel 或 WPS 的表（.xlsx）。"}
	}
	t, err := s.Try(r.Context(), q.Get("who"), name, src)
	if err != nil {
		return err
	}
	if t.Who != "" {
		p, err := s.persona(r.Context(), t.Who)
		if err != nil {
			return err
		}
		s.wrote(p, kindText, t.Say)
		// A key of the menu begins something new whatever is open.
		err = s.hear(r.Context(), p, func(d *fake.Driver) (fake.Answer, error) { return d.Click(p.OpenID, t.Say) })
		if err != nil {
			return err
		}
	}
	if t.Findings == nil {
		t.Findings = []Finding{}
	}
	answer(w, http.StatusOK, map[string]any{"title": t.Title, "who": t.Who, "findings": t.Findings})
	return nil
}
