package imports

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// notes stand on the first sheet of the template.
var notes = []string{
	"怎么填",
	"一、每页第一行是列名，不要改；“例：”开头的行是样子，导入时不读，可以删掉。",
	"二、先填“村”，再填“干部”，最后填“户”和“居民”。不用的页可以空着。",
	"三、一个村的几个组可以写在一格里（一组、二组）；各组联系人不同的，每组写一行，编码和村名照抄。",
	"四、职责写：村干部、办事员、医生、管理员。几样都做的用“、”隔开。干部的电话不能重复。办事员、医生、管理员写了也不会直接给，要两个人同意，或在服务器上给。",
	"五、联系人写干部的姓名；重名的写电话。户里不写联系人，就照组里的。",
	"六、身份证号、生日、病情、婚育情况都不收，写了也不读。",
	"七、居民只进通讯录：不发消息、不排进单子、不计数、不导出，本人同意了才开始记。",
}

// Template writes an empty list to fill in: a sheet of notes, then one sheet
// each for villages, households, residents and cadres, with an example row that
// an import leaves out.
func Template(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49}) // as text: a phone stays eleven digits
	if err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	head, err := f.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	if err := f.SetSheetName("Sheet1", "说明"); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	for i, n := range notes {
		if err := f.SetCellStr("说明", fmt.Sprintf("A%d", i+1), n); err != nil {
			return fmt.Errorf("write template: %w", err)
		}
	}
	if err := f.SetColWidth("说明", "A", "A", 90); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	for _, s := range sheets {
		if err := s.template(f, head, text); err != nil {
			return fmt.Errorf("write template, sheet %s: %w", s.name, err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	return nil
}

func (s sheet) template(f *excelize.File, head, text int) error {
	if _, err := f.NewSheet(s.name); err != nil {
		return err
	}
	for i, c := range s.columns {
		letter := columnLetter(i)
		if err := f.SetColWidth(s.name, letter, letter, c.width); err != nil {
			return err
		}
		if err := f.SetColStyle(s.name, letter, text); err != nil {
			return err
		}
		example := c.example
		if i == 0 {
			example = exampleMark + example
		}
		if err := f.SetCellStr(s.name, letter+"1", c.name); err != nil {
			return err
		}
		if err := f.SetCellStr(s.name, letter+"2", example); err != nil {
			return err
		}
	}
	if err := f.SetCellStyle(s.name, "A1", columnLetter(len(s.columns)-1)+"1", head); err != nil {
		return err
	}
	return f.SetPanes(s.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// columnLetter is A for 0.
func columnLetter(i int) string {
	name, err := excelize.ColumnNumberToName(i + 1)
	if err != nil {
		panic("office: no such column")
	}
	return name
}
