package web_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
)

// staffList is a workbook with a sheet of the staff.
func staffList(t *testing.T, rows ...[]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", "干部"); err != nil {
		t.Fatal(err)
	}
	for i, r := range append([][]string{{"姓名", "职责", "电话", "村"}}, rows...) {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow("干部", cell, &r); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (r *rig) cadre(id string) (c person.Staff) {
	r.t.Helper()
	r.view(func(tx *record.Tx) (err error) {
		c, err = person.LoadStaff(tx, id)
		return err
	})
	return c
}

// TestAListThatGivesItsSenderARole: the administrator makes himself clerk, the clerk
// herself clinician, by a list of one row; neither becomes anything.
func TestAListThatGivesItsSenderARole(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ openid, id, roles string }{{qian, "qianlixin", "管理员、办事员"}, {zhao, "zhaowenjing", "办事员、医生"}} {
		before := r.cadre(c.id)
		b := r.browser().open(r.link(c.openid, "office", "", ""))
		list := staffList(t, []string{before.Name, c.roles, before.Phone, ""})
		b.get("/p/office/import").upload("/p/office/import", "干部.xlsx", list, "from", "镇上", "ground", "本人同意").wants(200, "职责没有变")
		b.post("/p/office/import/apply")
		if after := r.cadre(c.id); !slices.Equal(after.Roles, before.Roles) {
			t.Errorf("%s has the roles %v", c.id, after.Roles)
		}
	}
}

// TestRolesOnTheOfficesPage: what is asked for there waits for another's word in the
// chat; one's own is refused.
func TestRolesOnTheOfficesPage(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(qian, "office", "", "")).get("/p/office/staff").wants(200, "王桂英", "赵文静", "办事员")
	b.post("/p/office/staff", "cadre", "qianlixin", "role", "admin", "role", "clerk").wants(http.StatusForbidden, "自己的职责")
	b.get("/p/office/staff").post("/p/office/staff", "cadre", "wangguiying", "role", "clerk").wants(200, "已经提出：王桂英", "钱立新提出：王桂英的办公室职责改成“办事员”")
	if got := r.cadre("wangguiying").Roles; !slices.Equal(got, []person.Role{person.VillageWorker}) {
		t.Errorf("asked for, and given: %v", got)
	}
	r.as(zhao, func(_ *record.Tx, s person.Scope) error {
		all, err := staffing.Grants(s, r.clock())
		if err != nil || len(all) != 1 {
			return errors.Join(err, errors.New("one grant waits"))
		}
		_, err = staffing.AnswerGrant(s, all[0].ID, true, r.clock())
		return err
	})
	b.get("/p/office/staff").without("等另一位同意的")
	if got := r.cadre("wangguiying").Roles; !slices.Equal(got, []person.Role{person.VillageWorker, person.Clerk}) {
		t.Errorf("agreed to: %v", got)
	}
	r.browser().open(r.link(lijing, "office", "", "")).wants(http.StatusForbidden)
}

// TestACodeForTheBoundClerk: the administrator prints one, to become her; it is not
// printed, she is asked, and after her word it is, once.
func TestACodeForTheBoundClerk(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(qian, "office", "", "")).get("/p/office/codes")
	b.post("/p/office/codes", "what", "give", "cadre", "zhaowenjing", "cadre", "tianchunlan").wants(200, "田春兰的绑定码", "赵文静：要换绑").without("赵文静的绑定码")
	b.get("/p/office/codes").post("/p/office/codes", "what", "give", "cadre", "qianlixin").wants(200, "自己的绑定码").without("钱立新的绑定码")
	r.as(zhao, func(_ *record.Tx, s person.Scope) error {
		all, err := staffing.Grants(s, r.clock())
		if err != nil || len(all) != 1 {
			return errors.Join(err, errors.New("one grant waits"))
		}
		_, err = staffing.AnswerGrant(s, all[0].ID, true, r.clock())
		return err
	})
	b.get("/p/office/codes").post("/p/office/codes", "what", "give", "cadre", "zhaowenjing").wants(200, "赵文静的绑定码")
	b.get("/p/office/codes").post("/p/office/codes", "what", "give", "cadre", "zhaowenjing").wants(200, "赵文静：要换绑")
}

// TestWhoLeavesByTheOfficesPage: with the name, one at a time, not oneself; what the
// page says is so.
func TestWhoLeavesByTheOfficesPage(t *testing.T) {
	r := newRig(t)
	var dropped []string
	r.pages.DropMenu = func(_ context.Context, openid string) error {
		dropped = append(dropped, openid)
		return nil
	}
	hers := r.browser().open(r.link(lijing, "reply", "", ""))
	b := r.browser().open(r.link(qian, "office", "", "")).get("/p/office/codes")
	b.post("/p/office/codes", "what", "take", "cadre", "wangguiying", "cadre", "sunyumei").wants(http.StatusUnprocessableEntity, "一次只能选一位")
	b.get("/p/office/codes").post("/p/office/codes", "what", "take", "cadre", "lijing").wants(200, "李静", "照着写一遍姓名")
	b.post("/p/office/codes/leave", "cadre", "lijing", "name", "王桂英").wants(http.StatusUnprocessableEntity, "没有停用")
	if r.cadre("lijing").Left {
		t.Fatal("left by a wrong name")
	}
	b.post("/p/office/codes/leave", "cadre", "lijing", "name", "李静").wants(200, "李静的账号停用了")
	if c := r.cadre("lijing"); !c.Left || c.OpenID != "" {
		t.Errorf("the account is %+v", c)
	}
	if !slices.Equal(dropped, []string{lijing}) {
		t.Errorf("menus were taken from %v", dropped)
	}
	hers.get("/p/reply").wants(http.StatusGone)
	b.get("/p/office/codes").without("李静").post("/p/office/codes/leave", "cadre", "lijing", "name", "李静").wants(http.StatusUnprocessableEntity)
	b.get("/p/office/codes").post("/p/office/codes/leave", "cadre", "qianlixin", "name", "钱立新").wants(http.StatusForbidden, "另一位来停用")
	b.get("/p/office/codes").post("/p/office/codes/leave", "cadre", "wangguiying", "name", "王桂英").wants(200, "甲村：少了一位村干部", "到期提醒")
	r.pages.DropMenu = func(context.Context, string) error { return errors.New("no platform today") }
	b.get("/p/office/codes").post("/p/office/codes/leave", "cadre", "sunyumei", "name", "孙玉梅").wants(200, "没能收掉")
}
