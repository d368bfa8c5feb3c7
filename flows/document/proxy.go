package document

import (
	"cmp"
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/documents"
	"xintiexin/storage/purpose"
)

func askProxy(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, _ string) (dialog.Reply, error) {
		return proxyNamed(c, p, "")
	})
}

// proxyNamed keeps whom she names for a paper. She agrees to C4 first.
func proxyNamed(c *dialog.Turn, p documents.Document, typed string) (dialog.Reply, error) {
	if p.SelfOnly {
		_, err := documents.NameProxy(c.Scope, p.Resident, p.ID, cmp.Or(typed, "-"), c.M.At) // storage refuses it, whatever the talk thinks
		return dialog.Reply{}, err
	}
	name, ok := proxyName(typed)
	if !ok {
		c.S.Offers = []dialogstate.Option{{Label: "家属代领", Do: "paper-name " + p.Resident + " " + p.ID}} // the name alone is an answer
		return dialog.Reply{Text: sayWhoFetches}, nil
	}
	if r, asked, err := agreedTo(c, p.Resident, purpose.ProxyPickup, "家属代收 "+name); err != nil || asked {
		return r, err
	}
	p, err := documents.NameProxy(c.Scope, p.Resident, p.ID, name, c.M.At)
	return dialog.Reply{Text: fmt.Sprintf(sayProxyNamed, name)}, err
}

// agreedTo asks one resident for a consent that she has not given; then is said
// again by itself.
func agreedTo(c *dialog.Turn, resident string, set purpose.Purpose, then string) (dialog.Reply, bool, error) {
	c.S.For = resident
	_, r, asked, err := c.ForWhom(set, then)
	return r, asked, err
}

// kin are the words for whom a proxy is to her: not a name.
var kin = strings.NewReplacer("让", " ", "叫", " ", "请", " ", "由", " ", "俺", " ", "我", " ", "的", " ", "家属", " ", "家里人", " ", "家里", " ",
	"婆婆", " ", "公公", " ", "妈妈", " ", "妈", " ", "娘", " ", "爸爸", " ", "爸", " ", "老公", " ", "丈夫", " ", "爱人", " ",
	"嫂子", " ", "嫂", " ", "姐姐", " ", "妹妹", " ", "姐", " ", "妹", " ", "代领", " ", "代收", " ", "代拿", " ", "捎着拿", " ", "捎", " ", "来拿", " ", "去拿", " ", "拿", " ",
	"行不行", " ", "行不", " ", "行吗", " ", "可以吗", " ", "领", " ", "吧", " ", "?", " ", "。", " ", ",", " ", "来", " ", "去", " ")

// proxyName takes a person's name out of “让俺婆婆王秀英代领”.
func proxyName(typed string) (string, bool) {
	for _, w := range strings.Fields(kin.Replace(typed)) {
		if subject.IsName(w) {
			return w, true
		}
	}
	return "", false
}

func nameProxy(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return firstPaper(c, func(p documents.Document) (dialog.Reply, error) { return proxyNamed(c, p, rest) })
}

// proxySaid takes a bare name as the answer to who fetches a paper.
func proxySaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if c.Other(text) || answer.Command(text) != answer.None {
		return dialog.Reply{}, false, nil
	}
	if _, ok := proxyName(text); !ok && kin.Replace(text) != text && strings.TrimSpace(kin.Replace(text)) == "" { // 俺婆婆: whose name is wanted
		return dialog.Reply{Text: fmt.Sprintf(sayProxyWhich, text)}, true, nil
	} else if !ok {
		return dialog.Reply{}, false, nil
	}
	_, ref, _ := strings.Cut(c.S.Offers[0].Do, " ")
	c.S.Offers = nil
	r, err := onPaper(c, ref, func(p documents.Document, _ string) (dialog.Reply, error) { return proxyNamed(c, p, text) })
	return r, true, err
}
