package author

import (
	"slices"
	"strings"

	"xintiexin/flows/form"
)

// Invented answers live lists with a few invented entries each, so that a form
// can be tried without a store.
type Invented struct{}

// invented are the entries of the lists that have some of their own.
func invented(list string) []form.Choice {
	switch list {
	case "residents", "cadres":
		return []form.Choice{
			{Value: "p1", Label: "郭敏 二组 尾号0001"},
			{Value: "p2", Label: "王秀兰 一组 尾号0002"},
			{Value: "p3", Label: "王秀兰 三组 尾号0003"},
			{Value: "p4", Label: "张翠 一组 尾号0004"},
		}
	case "away":
		return []form.Choice{{Value: "a1", Label: "郭敏 去苏州"}, {Value: "a2", Label: "张翠 去济南"}}
	case "villages":
		return []form.Choice{{Value: "v1", Label: "样庄"}, {Value: "v2", Label: "北庄"}, {Value: "v3", Label: "南庄"}}
	case "days":
		return []form.Choice{{Value: "d1", Label: "周四 1月28日 剩3"}, {Value: "d2", Label: "周五 1月29日 剩1"}}
	case "hours":
		return []form.Choice{{Value: "h1", Label: "早上8:00 剩2"}, {Value: "h2", Label: "早上8:30 剩1"}}
	case "slots":
		return []form.Choice{{Value: "s1", Label: "周三上午 还有3个号"}, {Value: "s2", Label: "周五下午 还有1个号"}}
	}
	return []form.Choice{{Value: "one", Label: "样例甲"}, {Value: "two", Label: "样例乙"}, {Value: "three", Label: "样例丙"}}
}

// Choices implements form.Lists; it never fails.
func (Invented) Choices(list, typed string, most int) (form.Found, error) {
	all := slices.DeleteFunc(invented(list), func(c form.Choice) bool {
		return slices.ContainsFunc(strings.Fields(typed), func(w string) bool { return !strings.Contains(c.Label, w) })
	})
	found := form.Found{Choices: all[:min(most, len(all))], More: len(all) > most, Sure: typed != "" && len(all) == 1}
	if len(all) == 0 {
		found.Say = "没有找到“" + typed + "”。"
	}
	return found, nil
}

// Label implements form.Lists; it never fails.
func (Invented) Label(list, value string) (string, error) {
	for _, c := range invented(list) {
		if c.Value == value {
			return c.Label, nil
		}
	}
	return "", nil
}
