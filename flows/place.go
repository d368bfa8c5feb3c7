package flows

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"xintiexin/flows/answer"
	"xintiexin/storage/pinyin"
)

//go:embed places.txt
var placesText string

// atlas is the table of places: what each is called, and by which sounds.
type atlas struct {
	named   map[string]string   // what is said → what is kept: 昆山 → 江苏苏州
	sounds  map[string][]string // pinyin → all that is kept under it
	longest int                 // characters of the longest name
}

// places reads the table once.
var places = sync.OnceValue(func() *atlas { return readPlaces(placesText) })

func readPlaces(text string) *atlas {
	a := &atlas{named: map[string]string{}, sounds: map[string][]string{}}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
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

// whereTo reads an answer that is a place and returns it as roughly as a card keeps
// it: province and city, or a class (长三角). whole is false where more is said than
// the place. Where several may be meant (suzhou) it returns those, and no place.
func whereTo(typed string) (kept string, several []string, whole bool) {
	s := strings.NewReplacer(" ", "", "·", "", "，", "", ",", "", "。", "", "'", "").Replace(answer.Fold(typed))
	a := places()
	if kept, ok := a.named[s]; ok {
		return kept, nil, true
	}
	bare := trimPlace(s)
	if kept, ok := a.named[bare]; ok {
		return kept, nil, true
	}
	if kept, several, _, end := a.within(bare, 0); kept != "" || len(several) > 0 {
		return kept, several, end == len(bare)
	}
	if len([]rune(bare)) < 2 {
		return "", nil, false
	}
	switch hits := a.sounds[strings.Join(pinyin.Syllables(bare, false), "")]; len(hits) {
	case 0:
		return "", nil, false
	case 1:
		return hits[0], nil, true
	default:
		return "", hits, true
	}
}

func trimPlace(s string) string {
	for again := true; again; {
		again = false
		for _, h := range placeHeads {
			if rest, ok := strings.CutPrefix(s, h); ok && rest != "" {
				if _, named := places().named[s]; !named { // 上海
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
	return kept, n
}

// within finds the places in s from one on: “江苏苏州昆山” is one, 苏州还是杭州 are
// several.
func (a *atlas) within(s string, from int) (kept string, several []string, start, end int) {
	start = -1
	for i := from; i < len(s); {
		k, n := a.at(s[i:])
		if n == 0 {
			i += len(string([]rune(s[i:])[0]))
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
