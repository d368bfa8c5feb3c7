package imports

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	personstore "xintiexin/storage/person"
)

// The functions of this file understand one cell each. They return what it
// means, or what is wrong with it in Chinese.

var (
	mobile   = regexp.MustCompile(`^1[3-9]\d{9}$`)
	landline = regexp.MustCompile(`^0\d{9,11}$`)
	idNumber = regexp.MustCompile(`\d{14,17}[0-9Xx]`)
)

// Phone reads a phone; an empty cell is no phone and no mistake.
func Phone(s string) (string, string) {
	if idNumber.MatchString(s) {
		return "", "这像身份证号，不收，这里要电话"
	}
	digits := strings.NewReplacer(" ", "", "-", "", "—", "", "(", "", ")", "", "（", "", "）", "").Replace(s)
	for _, country := range []string{"+86", "0086"} {
		digits = strings.TrimPrefix(digits, country)
	}
	if len(digits) == 13 && strings.HasPrefix(digits, "86") {
		digits = digits[2:]
	}
	switch {
	case digits == "", mobile.MatchString(digits), landline.MatchString(digits):
		return digits, ""
	case strings.Trim(digits, "0123456789") != "":
		return "", "电话里有别的字：" + shorten(s) + "，一格只写一个电话"
	case digits[0] == '1' && len(digits) < 11:
		return "", "电话少" + howMany(11-len(digits)) + "位：" + digits
	case digits[0] == '1' && len(digits) > 11:
		return "", "电话多" + howMany(len(digits)-11) + "位：" + digits
	}
	return "", "电话不对：" + shorten(digits)
}

func howMany(n int) string {
	if n <= 2 {
		return []string{"", "一", "两"}[n]
	}
	return fmt.Sprint(n)
}

// Person reads a name. Blanks between Han characters (王 芳) only align it.
func Person(s string) (string, string) {
	if strings.IndexFunc(s, func(r rune) bool { return r < unicode.MaxASCII && r != ' ' }) < 0 {
		s = strings.ReplaceAll(s, " ", "")
	}
	switch {
	case s == "":
		return "", "没写姓名"
	case idNumber.MatchString(s):
		return "", "这像身份证号，不收，这里要姓名"
	case strings.ContainsAny(s, "0123456789"):
		return "", "姓名里有数字：" + shorten(s)
	case len([]rune(s)) > 20:
		return "", "姓名太长：" + shorten(s)
	case strings.IndexFunc(s, unicode.IsLetter) < 0:
		return "", "姓名不对：" + shorten(s)
	}
	return s, ""
}

var roleNames = map[string]personstore.Role{
	"村干部": personstore.VillageWorker, "村专干": personstore.VillageWorker, "计生专干": personstore.VillageWorker, "妇女主任": personstore.VillageWorker, "妇联主席": personstore.VillageWorker,
	"村医": personstore.VillageWorker, "网格员": personstore.VillageWorker,
	"办事员": personstore.Clerk, "镇卫健办": personstore.Clerk, "卫健办": personstore.Clerk, "公卫专员": personstore.Clerk,
	"医生": personstore.Clinician, "卫生院医生": personstore.Clinician,
	"管理员": personstore.Admin,
}

// roles reads what a cadre does.
func roles(s string) ([]personstore.Role, string) {
	if s == "" {
		return nil, "没写职责，写：村干部、办事员、医生、管理员"
	}
	var out []personstore.Role
	for _, word := range split(s) {
		r, ok := roleNames[word]
		if !ok {
			return nil, "没有“" + shorten(word) + "”这个职责，写：村干部、办事员、医生、管理员"
		}
		out = append(out, r)
	}
	return out, ""
}

// split takes a cell with several words apart.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;；/ ", r) })
}

// Group reads 1组, 第一组, 一小组 as 一组. A name that counts nothing stays as it
// is.
func Group(s string) string {
	n := s
	for _, tail := range []string{"村民小组", "小组", "组"} {
		if cut, ok := strings.CutSuffix(n, tail); ok {
			n = cut
			break
		}
	}
	n = strings.TrimPrefix(n, "第")
	if value := GroupNumber(n); value > 0 {
		return chineseNumber(value) + "组"
	}
	return strings.TrimSpace(s)
}

// GroupNumber reads 1 to 99 in digits or Chinese; 0 is anything else.
func GroupNumber(s string) int {
	const han = "一二三四五六七八九"
	n, ten := 0, false
	for i, r := range s {
		at := strings.IndexRune(han, r)
		switch {
		case r >= '0' && r <= '9' && !ten:
			n = n*10 + int(r-'0')
		case r == '十' && !ten && n < 10:
			n, ten = max(n, 1)*10, true
		case at >= 0 && (i == 0 || ten && n%10 == 0):
			n += at/len("一") + 1
		default:
			return 0
		}
		if n > 99 {
			return 0
		}
	}
	return n
}

func chineseNumber(n int) string {
	digit := func(d int) string {
		return []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}[d]
	}
	switch {
	case n < 10:
		return digit(n)
	case n < 20:
		return "十" + digit(n-10)
	}
	return digit(n/10) + "十" + digit(n%10)
}

// House reads a plate: bare digits are 号.
func House(s string) (string, string) {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		s += "号"
	}
	if len([]rune(s)) > 20 {
		return "", "门牌太长：" + shorten(s)
	}
	return s, ""
}

// villageCode reads a division code of twelve digits.
func villageCode(s string) (string, string) {
	s = strings.ReplaceAll(s, " ", "")
	if len(s) != 12 || strings.Trim(s, "0123456789") != "" {
		return "", "村的编码是12位数字：" + shorten(s)
	}
	return s, ""
}
