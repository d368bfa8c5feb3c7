package subject

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/storage/consent"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
)

// Lists answers the lists that a form takes out of storage, inside the scope of
// whoever is asked.
type Lists struct {
	C *dialog.Turn
	F *dialog.Flow
}

// Choices implements form.Lists.
func (l *Lists) Choices(list, typed string, max int) (form.Found, error) {
	if l.F.Choices != nil && list != "residents" && list != "away" {
		return l.F.Choices(l.C, list, typed, max)
	}
	if typed == "" && list == "away" {
		return l.away(max)
	}
	if typed == "" {
		return form.Found{}, nil
	}
	return l.residents(typed, max)
}

// Label implements form.Lists.
func (l *Lists) Label(list, value string) (string, error) {
	if l.F.Label != nil && list != "residents" && list != "away" {
		return l.F.Label(l.C, list, value)
	}
	if name, ok := strings.CutPrefix(value, dialog.Newcomer); ok {
		return name + sayNewMark, nil
	}
	r, err := l.C.Scope.Resident(value)
	if dialog.IsNotFound(err) {
		return "", nil
	}
	return Label(r), err
}

// Label tells people of one name apart: group and the phone's last digits.
func Label(r person.Resident) string {
	s := r.Name
	if r.Group != "" {
		s += " " + r.Group
	}
	if t := r.Tail(); t != "" {
		s += " 尾号" + t
	}
	return s
}

// Brief is how a person is spoken of in passing.
func Brief(r person.Resident) string {
	if r.Group == "" {
		return r.Name
	}
	return r.Name + "（" + r.Group + "）"
}

// SearchResidents finds whom the words may mean, beside a form.
func SearchResidents(c *dialog.Turn, typed string, max int) (form.Found, error) {
	return (&Lists{C: c, F: &dialog.Flow{}}).residents(typed, max)
}

// residents finds whom the words may mean. Somebody who is not found may be new:
// that is an answer too, if the words can be a name.
func (l *Lists) residents(typed string, max int) (form.Found, error) {
	if slices.Contains(nobody, typed) {
		return form.Found{Say: sayAgain}, nil
	}
	q, ok := Query(typed)
	if !ok && q.Group != "" && l.C.S.Sought != "" { // "the one of the third group": of those just looked for
		q.Name, ok = l.C.S.Sought, true
	}
	if !ok && q.Group != "" {
		return l.group(q, max)
	}
	if !ok {
		return form.Found{Say: fmt.Sprintf(dialog.SayNoSuchName, typed)}, nil
	}
	if q.Name != "" {
		l.C.S.Sought = q.Name
	}
	hits, err := l.C.Scope.FindResidents(q, max+1)
	if err != nil {
		return form.Found{}, err
	}
	if len(hits) == 0 {
		if own, err := l.C.Scope.IsOwnFamily(q.Name, ""); err != nil || own {
			return form.Found{Say: dialog.SayOwnFamily}, err
		}
		if IsName(q.Name) && !l.C.T.Labels[q.Name] && q.Group == "" && len(l.C.Scope.Villages()) > 0 {
			return form.Found{Sure: true, Choices: []form.Choice{{Value: dialog.Newcomer + q.Name, Label: q.Name + sayNewMark}}}, nil
		}
		return form.Found{Say: fmt.Sprintf(dialog.SayNoSuchName, typed)}, nil
	}
	found := form.Found{More: len(hits) > max}
	for _, h := range hits[:min(len(hits), max)] {
		found.Choices = append(found.Choices, form.Choice{Value: h.ID, Label: Label(h.Resident)})
	}
	switch {
	case len(hits) == 1 && hits[0].Rank != 2:
		found.Sure = true
		return found, nil
	case len(hits) == 1: // only the sound is hers
		found.Say = fmt.Sprintf(saySounds, typed)
		return found, nil
	}
	found.Say = fmt.Sprintf(dialog.SayHits, typed, len(hits))
	if found.More {
		found.Say = fmt.Sprintf(dialog.SayHits, typed, max) + dialog.SayFewer
	}
	return found, nil
}

// nobody are words by which a person says that none of those shown is meant.
var nobody = []string{"都不是", "不是", "都不对", "不对", "没有", "都没有", "没有她"}

// group lists the people of a group who agreed to be written about; a directory
// line appears only where its name is typed.
func (l *Lists) group(q person.Query, max int) (form.Found, error) {
	hits, err := l.C.Scope.FindResidents(q, 400)
	if err != nil {
		return form.Found{}, err
	}
	var found form.Found
	for _, h := range hits {
		agreed, err := consent.Get(l.C.Scope, h.ID, purpose.VisitRecord)
		if err != nil {
			return form.Found{}, err
		}
		if !agreed.Given() {
			continue
		}
		if len(found.Choices) == max {
			found.More = true
			break
		}
		found.Choices = append(found.Choices, form.Choice{Value: h.ID, Label: Label(h.Resident)})
	}
	if len(found.Choices) == 0 {
		return form.Found{Say: fmt.Sprintf(sayGroupEmpty, q.Group)}, nil
	}
	found.Say = fmt.Sprintf(sayGroupHits, q.Group)
	return found, nil
}

// away lists those who said that their absence may be kept.
func (l *Lists) away(max int) (form.Found, error) {
	cards, err := migration.AwayResidents(l.C.Scope, max+1)
	if err != nil {
		return form.Found{}, err
	}
	found := form.Found{More: len(cards) > max}
	for _, a := range cards[:min(len(cards), max)] {
		r, err := l.C.Scope.Resident(a.Resident)
		if err != nil {
			return form.Found{}, err
		}
		found.Choices = append(found.Choices, form.Choice{Value: r.ID, Label: strings.TrimSpace(r.Name + " " + r.Group + " " + a.Place)})
	}
	return found, nil
}

// Query understands what a person is looked for by: “三组的王秀兰”, “秀兰 尾号2208”,
// “wxl”, “二组12号”; what is neither can be the words of a landmark, or of what
// somebody is called: “老王家二儿媳”. ok is false where nothing to look for is left.
func Query(typed string) (q person.Query, ok bool) {
	s := answer.Fold(typed)
	for cut := true; cut; { // what is said before a name, or dictated
		cut = false
		for _, w := range beforeNames {
			if rest, is := strings.CutPrefix(s, w); is && len([]rune(rest)) > 1 {
				s, cut = strings.TrimSpace(rest), true
			}
		}
	}
	if q, ok = queryOf(s); !ok && q == (person.Query{}) && landmarkWords(s) {
		return person.Query{Place: s}, true
	}
	return q, ok
}

// beforeNames are the words that dictation and haste put before a name.
var beforeNames = []string{"那个", "就是", "嗯", "呃", "额", "哎", "唉", "找一下", "找", ",", "，", "、"}

// landmarkWords reports whether words can be a landmark's: no name and no sentence.
func landmarkWords(s string) bool {
	n := 0
	for _, r := range s {
		if r < 0x80 && r != ' ' {
			return false
		}
		n++
	}
	return n >= 3 && n <= 12
}

func queryOf(s string) (q person.Query, ok bool) {
	s = strings.NewReplacer("尾号", " ", "的", " ", "家", " ").Replace(s)
	for _, w := range strings.Fields(s) {
		if g, rest, ok := CutGroup(w); ok {
			q.Group, w = g, rest
		}
		if name, tail := nameTail(w); tail != "" {
			q.Tail, w = tail, name
		}
		switch {
		case w == "":
		case strings.HasSuffix(w, "号") && Digits(strings.TrimSuffix(w, "号")):
			q.House = strings.TrimSuffix(w, "号")
		case Digits(w) && len(w) >= 4:
			q.Tail = w
		case Digits(w):
			return q, false
		case q.Name == "":
			q.Name = w
		default: // two names are a sentence
			return person.Query{}, false
		}
	}
	return q, q.Name != "" || q.Tail != "" || q.House != ""
}

// nameTail divides “王秀兰6651” into the name and the last digits of her phone.
func nameTail(w string) (name, tail string) {
	name = strings.TrimRight(w, "0123456789")
	if tail = w[len(name):]; name == "" || len(tail) < 4 || latinWord(name) {
		return w, ""
	}
	return name, tail
}

func latinWord(s string) bool { return s != "" && s[0] < 0x80 }

// CutGroup takes “三组” (“3组”) off the head of a word.
func CutGroup(w string) (group, rest string, ok bool) {
	head, rest, ok := strings.Cut(w, "组")
	if !ok || head == "" || len([]rune(head)) > 3 {
		return "", w, false
	}
	n, isNumber := answer.Number(head)
	if !isNumber || n < 1 || n > 99 {
		return "", w, false
	}
	return Chinese(int(n)) + "组", rest, true
}

// Chinese writes 1 to 99 as villages number their groups.
func Chinese(n int) string {
	d := []rune("零一二三四五六七八九")
	switch {
	case n < 10:
		return string(d[n])
	case n < 20:
		return strings.TrimSuffix("十"+string(d[n-10]), "零")
	}
	return strings.TrimSuffix(string(d[n/10])+"十"+string(d[n%10]), "零")
}

func Digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// IsName reports whether words can be the name of somebody new: a surname and
// one to three characters more. Anything else is a slip or a sentence, and
// nobody is made of a sentence.
func IsName(s string) bool {
	r := []rune(s)
	dotted := strings.ContainsRune(s, '·')
	if len(r) < 2 || answer.Command(s) != answer.None || !dotted && (len(r) > 4 || !answer.Surname(r[0])) || len(r) > 16 {
		return false
	}
	for _, c := range r {
		if (c < 0x4e00 || c > 0x9fff) && c != '·' {
			return false
		}
	}
	return true
}
