package imports

import (
	"errors"
	"strings"
)

// Names of the sheets of a list.
const (
	sheetVillages   = "村"
	sheetHouseholds = "户"
	sheetResidents  = "居民"
	sheetCadres     = "干部"
)

// column is one column of a sheet: what it is called, what it may be called
// too, and how wide it is written.
type column struct {
	name    string
	also    string // other names, separated by spaces
	width   float64
	example string
	needed  bool // the sheet cannot be read without it
}

// sheet is one sheet of a list.
type sheet struct {
	name    string
	columns []column
}

// sheets say what a list looks like; the template and the import both follow
// them. A column is found by its name, wherever it stands.
var sheets = []sheet{
	{sheetVillages, []column{
		{"编码", "村编码 代码 区划代码", 16, "379999101201", false},
		{"村", "村名 名称 行政村", 12, "甲村", true},
		{"组", "村民小组 小组", 24, "一组、二组", false},
		{"联系人", "包户 包组", 12, "王某某", false},
		{"副手", "代班", 12, "", false},
	}},
	{sheetHouseholds, []column{
		{"村", "村名 行政村", 12, "甲村", true},
		{"组", "村民小组 小组", 10, "一组", false},
		{"门牌", "门牌号 户号", 10, "12号", true},
		{"联系人", "包户", 12, "王某某", false},
		{"副手", "代班", 12, "", false},
		{"找法", "位置 怎么找", 24, "村委后第二排", false},
	}},
	{sheetResidents, []column{
		{"村", "村名 行政村", 12, "甲村", true},
		{"姓名", "名字 称呼", 12, "张某某", true},
		{"电话", "手机 手机号 电话号码 联系电话 手机号码", 16, "17900001122", false},
		{"组", "村民小组 小组", 10, "一组", false},
		{"门牌", "门牌号 户号", 10, "12号", false},
	}},
	{sheetCadres, []column{
		{"姓名", "名字", 12, "王某某", true},
		{"职责", "角色 岗位 身份", 14, "村干部", true},
		{"电话", "手机 手机号 电话号码 联系电话 手机号码", 16, "17900001101", true},
		{"村", "管的村 包村 村名", 24, "甲村、乙村", false},
	}},
}

// find returns the number of the column of that name, -1 for none.
func (s sheet) find(title string) int {
	for i, c := range s.columns {
		if title == c.name {
			return i
		}
		for _, other := range strings.Fields(c.also) {
			if title == other {
				return i
			}
		}
	}
	return -1
}

// exampleMark begins the row that shows how a sheet is filled in; an import
// leaves such rows out.
const exampleMark = "例："

// ErrSource is returned by Import when a list shall be applied and nobody said
// where it comes from and on what ground its people may be kept.
var ErrSource = errors.New("office: source and ground of the list are not given")
