package imports

import (
	"context"
	"fmt"
	"slices"
	"strings"

	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// plan is what a list asks for, once it is understood: each record as it stood
// (zero for a new one) and as it shall be.
type plan struct {
	villages   []*villageDraft
	cadres     []*CadreDraft
	households []*householdDraft
	Residents  []residentDraft `json:"-"` // together by village
}

type villageDraft struct {
	before, after personstore.Village
	row           int // where the list names it first; 0 when only the store does
}

type CadreDraft struct {
	Before, After personstore.Staff `json:"-"`
	row           int
}

type householdDraft struct {
	personstore.Household     // without its id
	row                   int // 0 when only a resident's row names the house
}

type residentDraft struct {
	Name, phone, Village, group, house string `json:"-"`
}

// checker holds a list against what is stored and writes down every mistake.
type checker struct {
	plan
	Report Report `json:"-"`
	by     string // the cadre who hands the list in

	byName map[string]*villageDraft // names and codes of villages, as rows call them
	people map[string]*CadreDraft   // by phone
	names  map[string][]*CadreDraft // by name
	taken  map[string]bool          // ids of cadres
	houses map[[3]string]*householdDraft
	seen   map[[4]string]int // rows of residents
}

// check reads the rows of a list; what is wrong goes to the report, the rest to
// the plan.
func check(ctx context.Context, store *record.Store, l *list, by string) (*checker, error) {
	var c *checker
	err := store.View(ctx, func(tx *record.Tx) error {
		c = NewChecker()
		c.by = by
		return c.load(tx)
	})
	if err != nil {
		return nil, fmt.Errorf("check list: %w", err)
	}
	c.Check(l)
	return c, nil
}

func NewChecker() *checker {
	return &checker{byName: map[string]*villageDraft{}, people: map[string]*CadreDraft{}, names: map[string][]*CadreDraft{},
		taken: map[string]bool{}, houses: map[[3]string]*householdDraft{}, seen: map[[4]string]int{}}
}

func (c *checker) Check(l *list) {
	c.Report.Notes, c.Report.Mistakes = l.notes, l.wrong
	villages, households, residents, cadres := &l.tables[0], &l.tables[1], &l.tables[2], &l.tables[3]
	c.rows(villages, c.village)
	c.rows(cadres, c.cadre)
	c.rows(villages, c.contacts)
	c.rows(households, c.household)
	c.rows(residents, c.resident)
	slices.SortStableFunc(c.Residents, func(a, b residentDraft) int { return strings.Compare(a.Village, b.Village) })
	c.Report.sort()
}

// load takes over the villages and cadres that are stored: a few thousand at
// most.
func (c *checker) load(tx *record.Tx) error {
	all, err := personstore.Villages(tx)
	if err != nil {
		return err
	}
	for _, v := range all {
		d := &villageDraft{before: v, after: v}
		d.after.Groups = slices.Clone(v.Groups)
		c.byName[v.Name], c.byName[v.ID] = d, d
	}
	for _, v := range all { // a merged village is called by its old name for years
		into := v
		for range all {
			if d := c.byName[into.MergedInto]; into.MergedInto != "" && d != nil {
				into = d.before
			}
		}
		c.byName[v.Name], c.byName[v.ID] = c.byName[into.ID], c.byName[into.ID]
	}
	cadres, err := personstore.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, p := range cadres {
		d := &CadreDraft{Before: p, After: p}
		c.taken[p.ID] = true
		c.names[p.Name] = append(c.names[p.Name], d)
		if p.Phone != "" {
			c.people[p.Phone] = d
		}
	}
	return nil
}

// rows runs a check over the rows of a sheet whose needed columns are there.
func (c *checker) rows(t *table, check func(*table, row)) {
	for i, col := range t.columns {
		if col.needed && (t.at == nil || t.at[i] < 0) {
			return
		}
	}
	for _, r := range t.rows {
		check(t, r)
	}
}

// wrong writes down a mistake, if text is one; it reports whether it was.
func (c *checker) wrong(t *table, r row, column int, text string) bool {
	if text != "" {
		c.Report.Mistakes = append(c.Report.Mistakes, Mistake{Sheet: t.name, Cell: t.cell(r, column), Text: text, sheet: t.index, row: r.number})
	}
	return text != ""
}

// Columns of the sheets, in the order of sheets.
const (
	villageCodeCol, villageNameCol, villageGroupCol, villageContactCol, villageDeputyCol = 0, 1, 2, 3, 4

	houseVillageCol, houseGroupCol, housePlateCol, houseContactCol, houseDeputyCol, houseLandmarkCol = 0, 1, 2, 3, 4, 5

	residentVillageCol, residentNameCol, residentPhoneCol, residentGroupCol, residentHouseCol = 0, 1, 2, 3, 4

	cadreNameCol, cadreRoleCol, cadrePhoneCol, cadreVillageCol = 0, 1, 2, 3
)

// village reads the code, name and groups of a row. A village may have several
// rows, one for each group.
func (c *checker) village(t *table, r row) {
	name, codeText := r.cells[villageNameCol], r.cells[villageCodeCol]
	if name == "" {
		c.wrong(t, r, villageNameCol, "没写村名")
		return
	}
	if len([]rune(name)) > 20 {
		c.wrong(t, r, villageNameCol, "村名太长："+shorten(name))
		return
	}
	known := c.byName[name]
	if codeText == "" && known == nil {
		c.wrong(t, r, villageCodeCol, "没写"+name+"的编码")
		return
	}
	if codeText != "" {
		code, problem := villageCode(codeText)
		if c.wrong(t, r, villageCodeCol, problem) {
			return
		}
		d := c.byName[code]
		switch {
		case known != nil && known != d:
			c.wrong(t, r, villageCodeCol, name+"的编码是"+known.after.ID+"，这里写了"+code)
			return
		case d == nil:
			d = &villageDraft{after: personstore.Village{ID: code, Name: name}}
		case known == nil && d.row != 0:
			c.wrong(t, r, villageNameCol, fmt.Sprintf("这个编码在第%d行叫“%s”", d.row, d.after.Name))
			return
		case known == nil:
			c.note(fmt.Sprintf("村 “%s”改名“%s”", d.after.Name, name))
			d.after.Name = name
		}
		known = d
		c.byName[name], c.byName[code] = d, d
	}
	if known.row == 0 {
		known.row = r.number
		c.villages = append(c.villages, known)
	}
	if known.after.Name != name { // merged into another: the groups came along then
		return
	}
	for _, g := range split(r.cells[villageGroupCol]) {
		if g = Group(g); known.group(g) < 0 {
			known.after.Groups = append(known.after.Groups, personstore.Group{Name: g})
		}
	}
}

// group is the place of a group in its village, -1 for none.
func (d *villageDraft) group(name string) int {
	return slices.IndexFunc(d.after.Groups, func(g personstore.Group) bool { return Group(g.Name) == name })
}

func (c *checker) note(text string) { c.Report.Notes = append(c.Report.Notes, text) }

func (c *checker) cadre(t *table, r row) {
	name, problem := Person(r.cells[cadreNameCol])
	bad := c.wrong(t, r, cadreNameCol, problem)
	does, problem := roles(r.cells[cadreRoleCol])
	bad = c.wrong(t, r, cadreRoleCol, problem) || bad
	tel, problem := Phone(r.cells[cadrePhoneCol])
	if problem == "" && tel == "" {
		problem = "干部要写电话"
	}
	bad = c.wrong(t, r, cadrePhoneCol, problem) || bad
	var serves []string
	for _, v := range split(r.cells[cadreVillageCol]) {
		if d := c.byName[v]; d != nil {
			serves = append(serves, d.after.ID)
		} else {
			bad = c.wrong(t, r, cadreVillageCol, "没有“"+shorten(v)+"”这个村") || bad
		}
	}
	if !bad && slices.Contains(does, personstore.VillageWorker) && len(serves) == 0 {
		bad = c.wrong(t, r, cadreVillageCol, "村干部要写管哪个村")
	}
	d := c.people[tel]
	if tel != "" && d != nil && d.row != 0 {
		bad = c.wrong(t, r, cadrePhoneCol, "电话和"+t.cell(row{number: d.row}, cadrePhoneCol)+"一样") || bad
	}
	if bad {
		return
	}
	if d == nil {
		if same := c.names[name]; len(same) > 0 {
			c.note(fmt.Sprintf("干部%s 已有同名的%s，电话不同，当作另一位", t.cell(r, cadreNameCol), name))
		}
		d = &CadreDraft{After: personstore.Staff{ID: c.cadreID(tel)}}
		c.people[tel], c.names[name] = d, append(c.names[name], d)
	} else if d.After.Name != name {
		c.note(fmt.Sprintf("干部%s 这个电话存的是“%s”，改成“%s”", t.cell(r, cadreNameCol), d.After.Name, name))
		c.names[name] = append(c.names[name], d)
	}
	slices.Sort(serves)
	d.row = r.number
	serves = slices.Compact(serves)
	if d.Before.Left {
		c.note(fmt.Sprintf("干部%s %s已经离任，没有加回来；要回来，请在服务器上 xintiexin staff back", t.cell(r, cadreNameCol), name))
		return
	}
	if does, serves = c.allowed(t, r, d, does, serves); !slices.Equal(does, d.Before.Roles) && sameSet(does, d.Before.Roles) {
		does = d.Before.Roles
	}
	d.After.Name, d.After.Phone, d.After.Roles, d.After.Villages = name, tel, does, serves
	var served []string // before, under the names of today
	for _, v := range d.Before.Villages {
		if into := c.byName[v]; into == nil {
			served = append(served, v)
		} else if !slices.Contains(served, into.after.ID) {
			served = append(served, into.after.ID)
		}
	}
	if sameSet(d.After.Villages, served) {
		d.After.Villages = d.Before.Villages
	}
	for _, v := range served {
		if gone := c.byName[v]; gone != nil && !slices.Contains(serves, v) {
			c.note(fmt.Sprintf("干部%s %s不再管%s，约好的事请移交", t.cell(r, cadreVillageCol), name, gone.after.Name))
		}
	}
	c.cadres = append(c.cadres, d)
}

func sameSet[T comparable](a, b []T) bool {
	for _, v := range a {
		if !slices.Contains(b, v) {
			return false
		}
	}
	return len(a) == len(b)
}

// cadreID is made of the phone, which no two cadres share.
func (c *checker) cadreID(phone string) string {
	for n := 0; ; n++ {
		id := record.ID("cadre", phone, fmt.Sprint(n))
		if !c.taken[id] {
			c.taken[id] = true
			return id
		}
	}
}

// contacts reads who looks after the groups of a row, once all cadres are known.
func (c *checker) contacts(t *table, r row) {
	d := c.byName[r.cells[villageNameCol]]
	if d == nil || d.after.Name != r.cells[villageNameCol] {
		return
	}
	contact, ok1 := c.contact(t, r, villageContactCol, d)
	deputy, ok2 := c.contact(t, r, villageDeputyCol, d)
	if !ok1 || !ok2 || contact == "" && deputy == "" {
		return
	}
	names := split(r.cells[villageGroupCol])
	if len(names) == 0 {
		c.wrong(t, r, villageGroupCol, "写了联系人，没写是哪个组")
		return
	}
	for _, g := range names {
		if at := d.group(Group(g)); at >= 0 {
			set(&d.after.Groups[at].Contact, contact)
			set(&d.after.Groups[at].Deputy, deputy)
		}
	}
}

// set overwrites only with something: an empty cell takes nothing away.
func set(field *string, s string) {
	if s != "" {
		*field = s
	}
}

// contact finds the cadre a cell names, by name or phone: one who serves the
// village. An empty cell is nobody.
func (c *checker) contact(t *table, r row, column int, v *villageDraft) (id string, ok bool) {
	text := r.cells[column]
	if text == "" {
		return "", true
	}
	var found []*CadreDraft
	if strings.Trim(text, "0123456789 -+") == "" {
		tel, _ := Phone(text)
		if d := c.people[tel]; d != nil {
			found = append(found, d)
		}
	} else if name, problem := Person(text); problem == "" {
		for _, d := range c.names[name] {
			if d.After.Name == name && !d.After.Left {
				found = append(found, d)
			}
		}
	}
	switch {
	case len(found) == 0:
		return "", !c.wrong(t, r, column, "干部里没有“"+shorten(text)+"”")
	case len(found) > 1:
		return "", !c.wrong(t, r, column, fmt.Sprintf("叫“%s”的干部有%d位，请写电话", text, len(found)))
	case !slices.Contains(found[0].After.Villages, v.after.ID):
		return "", !c.wrong(t, r, column, "“"+shorten(text)+"”不管"+v.after.Name)
	}
	return found[0].After.ID, true
}

// place reads village, group and plate, which households and residents share.
func (c *checker) place(t *table, r row, villageCol, groupCol, houseCol int) (v *villageDraft, g, plate string, ok bool) {
	name := r.cells[villageCol]
	v = c.byName[name]
	switch {
	case name == "":
		c.wrong(t, r, villageCol, "没写村")
	case v == nil:
		c.wrong(t, r, villageCol, "没有“"+shorten(name)+"”这个村")
	default:
		ok = true
	}
	plate, problem := House(r.cells[houseCol])
	if c.wrong(t, r, houseCol, problem) {
		ok = false
	}
	if text := r.cells[groupCol]; text != "" && v != nil {
		if at := v.group(Group(text)); at >= 0 {
			g = v.after.Groups[at].Name
		} else {
			ok = !c.wrong(t, r, groupCol, fmt.Sprintf("%s没有“%s”，%s", v.after.Name, shorten(text), v.groups()))
		}
	}
	return v, g, plate, ok
}

// groups says which groups a village has.
func (d *villageDraft) groups() string {
	all := d.after.Groups
	switch len(all) {
	case 0:
		return "村里还没分组"
	case 1:
		return "只有" + all[0].Name
	}
	return "只有" + all[0].Name + "到" + all[len(all)-1].Name
}

func (c *checker) household(t *table, r row) {
	v, g, plate, ok := c.place(t, r, houseVillageCol, houseGroupCol, housePlateCol)
	if plate == "" && r.cells[housePlateCol] == "" {
		ok = !c.wrong(t, r, housePlateCol, "没写门牌")
	}
	if v == nil {
		return
	}
	contact, ok1 := c.contact(t, r, houseContactCol, v)
	deputy, ok2 := c.contact(t, r, houseDeputyCol, v)
	if !ok || !ok1 || !ok2 {
		return
	}
	k := [3]string{v.after.ID, g, plate}
	if d := c.houses[k]; d != nil {
		c.wrong(t, r, housePlateCol, fmt.Sprintf("和第%d行是同一户", d.row))
		return
	}
	c.addHouse(k, personstore.Household{Contact: contact, Deputy: deputy, Landmark: r.cells[houseLandmarkCol]}, r.number)
}

func (c *checker) addHouse(k [3]string, h personstore.Household, row int) {
	h.Village, h.Group, h.House = k[0], k[1], k[2]
	d := &householdDraft{h, row}
	c.houses[k] = d
	c.households = append(c.households, d)
}

func (c *checker) resident(t *table, r row) {
	v, g, plate, ok := c.place(t, r, residentVillageCol, residentGroupCol, residentHouseCol)
	name, problem := Person(r.cells[residentNameCol])
	ok = !c.wrong(t, r, residentNameCol, problem) && ok
	tel, problem := Phone(r.cells[residentPhoneCol])
	ok = !c.wrong(t, r, residentPhoneCol, problem) && ok
	if !ok {
		return
	}
	k := [4]string{v.after.ID, name, tel}
	if tel == "" {
		k = [4]string{v.after.ID, name, "/" + g, plate}
	}
	if other := c.seen[k]; other != 0 {
		c.wrong(t, r, residentNameCol, fmt.Sprintf("和第%d行一样", other))
		return
	}
	c.seen[k] = r.number
	if h := [3]string{v.after.ID, g, plate}; plate != "" && c.houses[h] == nil {
		c.addHouse(h, personstore.Household{}, 0)
	}
	c.Residents = append(c.Residents, residentDraft{Name: name, phone: tel, Village: v.after.ID, group: g, house: plate})
}
