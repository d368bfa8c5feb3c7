package migration

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/pinyin"
)

//go:embed places.txt
var placesText string

// atlas is the table of places: what each is called, and by which sounds.
type atlas struct {
	named   map[string]string   // what is said → what is kept: 昆山 → 江苏苏州
	which   map[string][]string // what is said of several alike: 朝阳
	sounds  map[string][]string // pinyin → all that is kept under it
	longest int                 // characters of the longest name
}

// places reads the table once.
var places = sync.OnceValue(func() *atlas { return readPlaces(placesText) })

func readPlaces(text string) *atlas {
	a := &atlas{named: map[string]string{}, which: map[string][]string{}, sounds: map[string][]string{}}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		if both, ok := strings.CutPrefix(line, "? "); ok { // 朝阳 is a city and a district
			words := strings.Fields(both)
			a.which[words[0]] = words[1:]
			continue
		}
		if class, ok := strings.CutPrefix(line, "= "); ok {
			words := strings.Fields(class)
			for _, w := range words {
				a.add(w, words[0], "")
			}
			continue
		}
		a.province(line)
	}
	return a
}

// province reads “江苏 ~苏南: 南京 苏州 | 昆山=苏州”.
func (a *atlas) province(line string) {
	line, others, _ := strings.Cut(line, "|")
	head, cities, _ := strings.Cut(line, ":")
	heads := strings.Fields(head)
	name := strings.TrimSuffix(heads[0], "省")
	a.add(name, name, "省")
	for _, w := range heads[1:] {
		a.add(strings.TrimPrefix(w, "~"), name, "")
	}
	for _, city := range strings.Fields(cities) {
		a.add(city, name+city, "市")
	}
	if cities == "" { // a municipality
		a.add(name+"市", name, "")
	}
	for _, w := range strings.Fields(others) {
		town, city, _ := strings.Cut(w, "=")
		a.add(town, name+city, "市")
	}
}

// add keeps a name, and the name with what people put behind it. Of two that are
// called the same the first stays: 吉林 is the province.
func (a *atlas) add(name, kept, behind string) {
	for _, n := range []string{name, name + behind} {
		if _, there := a.named[n]; there {
			continue
		}
		a.named[n] = kept
		a.longest = max(a.longest, len([]rune(n)))
		if len([]rune(n)) < 2 {
			continue
		}
		sound := strings.Join(pinyin.Syllables(n, false), "")
		if !slices.Contains(a.sounds[sound], kept) {
			a.sounds[sound] = append(a.sounds[sound], kept)
		}
	}
}

// placeHeads and placeTails are the small words around a place.
// nothing changes them.
var (
	placeHeads = []string{"我", "俺", "她", "他", "要", "现在", "是", "去", "到", "在", "上", "往", "来", "了"}
	placeTails = []string{"打工", "上班", "干活", "做活", "务工", "做生意", "做买卖", "上学", "念书", "带孩子", "看孩子", "住", "工地", "那边", "那里", "那块", "这边", "这里", "了", "的", "哩", "啦", "吧", "去"}
)

// WhereTo reads an answer that is a place and returns it as roughly as a card keeps
// it: province and city, or a class (长三角). whole is false where more is said than
// the place. Where several may be meant (suzhou) it returns those, and no place.
func WhereTo(typed string) (kept string, several []string, whole bool) {
	s := strings.NewReplacer(" ", "", "·", "", "，", "", ",", "", "。", "", "'", "").Replace(answer.Fold(typed))
	a := places()
	bare := trimPlace(s)
	for _, whole := range []string{s, bare} {
		if several := a.which[whole]; len(several) > 0 {
			return "", several, true
		}
		if kept, ok := a.named[whole]; ok {
			return kept, nil, true
		}
	}
	if strings.HasSuffix(bare, "省外") {
		return a.named["省外"], nil, true
	}
	if a.notThere(s) || a.isName(bare) {
		return "", nil, false
	}
	if kept, several, _, end := a.within(bare, 0); kept != "" || len(several) > 0 {
		return kept, several, end == len(bare)
	}
	if len([]rune(bare)) < 2 {
		return "", nil, false
	}
	switch hits := a.sounds[strings.Join(pinyin.Syllables(bare, false), "")]; len(hits) {
	case 0:
		return a.firstSaid(typed), nil, false
	case 1:
		return hits[0], nil, true
	default:
		return "", hits, true
	}
}

// firstSaid is the place in the first of the parts of a sentence that is one, also by
// its sound: “青到，给船厂干活”.
func (a *atlas) firstSaid(typed string) string {
	parts := strings.FieldsFunc(answer.Fold(typed), func(r rune) bool { return strings.ContainsRune(",，。 ", r) })
	for _, part := range parts[:min(len(parts), 1)] {
		if hits := a.sounds[strings.Join(pinyin.Syllables(trimPlace(part), false), "")]; len(parts) > 1 && len(hits) == 1 && len([]rune(part)) > 1 {
			return hits[0]
		}
	}
	return ""
}

// notThere reports whether s says that somebody did not go: 没去苏州.
func (a *atlas) notThere(s string) bool {
	head, _, _ := strings.Cut(s, "说不")
	return strings.ContainsAny(head, "没不别")
}

// isName reports whether s is a surname and a place: 王济南 is a person.
func (a *atlas) isName(s string) bool {
	r := []rune(s)
	if len(r) < 3 || len(r) > 4 || !answer.Surname(r[0]) {
		return false
	}
	_, ok := a.named[string(r[1:])]
	return ok
}

// notPlaces are what stands behind the name of a place that is a street, a school or
// a dish: 上海路, 兰州拉面.
// nothing changes it.
var notPlaces = []string{"路", "街", "大道", "大街", "巷", "小学", "中学", "幼儿园", "拉面", "烤鸭", "包子", "烧饼", "火锅", "米线", "话", "菜", "广场", "饭店", "宾馆", "牌"}

// onlyNamed reports whether what follows a place makes it the name of something else.
func onlyNamed(after string) bool {
	for _, way := range []string{"东", "西", "南", "北", "中", "一", "二", "三"} {
		if rest, ok := strings.CutPrefix(after, way); ok && (strings.HasPrefix(rest, "路") || strings.HasPrefix(rest, "街")) {
			return true
		}
	}
	for _, w := range notPlaces {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

func trimPlace(s string) string {
	for again := true; again; {
		again = false
		for _, h := range placeHeads {
			if rest, ok := strings.CutPrefix(s, h); ok && rest != "" {
				if _, n := places().at(s); n == 0 { // 上海看孙子
					s, again = rest, true
				}
			}
		}
		for _, t := range placeTails {
			if rest, ok := strings.CutSuffix(s, t); ok && rest != "" {
				s, again = rest, true
			}
		}
	}
	return s
}

// at returns the place whose name stands at the head of s, the longest there is,
// and its length in bytes.
func (a *atlas) at(s string) (kept string, n int) {
	runes := 0
	for i := range s + " " {
		if runes++; runes > a.longest+1 {
			break
		}
		if i == 0 || i > len(s) || len([]rune(s[:i])) < 2 {
			continue
		}
		if k, ok := a.named[s[:i]]; ok {
			kept, n = k, i
		}
	}
	if n > 0 && onlyNamed(s[n:]) {
		return "", 0
	}
	return kept, n
}

// within finds the places in s from one on: “江苏苏州昆山” is one, 苏州还是杭州 are
// several.
func (a *atlas) within(s string, from int) (kept string, several []string, start, end int) {
	start = -1
	for i := from; i < len(s); {
		k, n := a.at(s[i:])
		if n == 0 {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
			continue
		}
		switch {
		case start < 0:
			kept, start = k, i
		case strings.HasPrefix(k, kept) && i == end: // the city behind its province
			kept = k
		case strings.HasPrefix(kept, k), k == kept:
		default:
			several = append(several, k)
		}
		i += n
		end = i
	}
	if len(several) > 0 {
		return "", append([]string{kept}, several...), start, end
	}
	return kept, nil, start, end
}

// goingWords stand before a place in a sentence.
// nothing changes it.
var goingWords = []string{"去", "到", "在", "往", "上", "跑"}

// placeIn finds in a sentence where somebody says she goes: a word that is a place,
// or a place behind 去, 到, 在. It returns the sentence without those words.
func placeIn(sentence string) (kept, rest string) {
	a := places()
	words := strings.Fields(sentence)
	for i, w := range words {
		if k, ok := a.named[w]; ok && i > 0 {
			return k, strings.Join(slices.Delete(words, i, i+1), " ")
		}
	}
	for _, g := range goingWords {
		at := 0
		for {
			i := strings.Index(sentence[at:], g)
			if i < 0 {
				break
			}
			i += at
			behind := i + len(g)
			at = behind
			if g == "上" && strings.HasPrefix(sentence[i:], "上海") {
				continue
			}
			behind += len(sentence[behind:]) - len(strings.TrimLeft(strings.TrimPrefix(sentence[behind:], "了"), " "))
			k, n := a.at(sentence[behind:])
			if n == 0 {
				continue
			}
			n += a.more(k, sentence[behind+n:])
			if finer, _, _, _ := a.within(sentence[behind:behind+n], 0); finer != "" {
				k = finer
			}
			tail := sentence[behind+n:]
			for _, t := range placeTails {
				if cut, ok := strings.CutPrefix(tail, t); ok {
					tail = cut
					break
				}
			}
			return k, strings.Join(strings.Fields(sentence[:i]+" "+tail), " ")
		}
	}
	return "", sentence
}

// more is how much of s goes on naming the place before it: the city behind its
// province, and the street that is kept nowhere.
func (a *atlas) more(kept, s string) int {
	n := 0
	for {
		k, m := a.at(s[n:])
		if m == 0 || !strings.HasPrefix(k, kept) && !strings.HasPrefix(kept, k) {
			return n
		}
		n += m
	}
}
