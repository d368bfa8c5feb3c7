package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"xintiexin/bot/wechat"
	staffroom "xintiexin/flows/staff"
	"xintiexin/storage/person"
)

// Audience is a group of staff with a menu of their own, known to the platform by
// a tag.
type Audience struct {
	Tag     string
	Menu    []staffroom.Button
	OpenIDs []string
}

// Audiences are the groups of bound staff: each sees what her role does.
func Audiences(cadres []person.Staff) []Audience {
	villages := Audience{Tag: "村干部", Menu: staffroom.StaffMenu()}
	clinic := Audience{Tag: "卫生院", Menu: staffroom.ClinicMenu()}
	office := Audience{Tag: "镇办", Menu: staffroom.OfficeMenu()}
	for _, c := range cadres {
		switch {
		case c.OpenID == "" || c.Left:
		case c.Has(person.Clerk, person.Admin):
			office.OpenIDs = append(office.OpenIDs, c.OpenID)
		case c.Has(person.Clinician):
			clinic.OpenIDs = append(clinic.OpenIDs, c.OpenID)
		default:
			villages.OpenIDs = append(villages.OpenIDs, c.OpenID)
		}
	}
	return []Audience{villages, clinic, office}
}

// PushMenus sets the account's menu, and the own menu of each group of staff; it
// takes the tag from who is none of the group any more. At no moment are staff
// without a menu of theirs: the new one is added before the old one goes. Menus and
// tags that are not ours stay. left are the openids that the platform does not take:
// they do not follow, and see everybody's menu if they ever do. A menu is no
// authorisation: each tap is looked at like typed words.
func PushMenus(ctx context.Context, c *wechat.Client, staff []Audience) (left []string, err error) {
	old, err := c.Menus(ctx)
	if err != nil {
		return nil, fmt.Errorf("read menus: %w", err)
	}
	resident, err := menu(staffroom.ResidentMenu(), 0)
	if err != nil {
		return nil, err
	}
	if err := c.SetMenu(ctx, resident); err != nil {
		return nil, fmt.Errorf("set menu: %w", err)
	}
	tags, err := c.Tags(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tags: %w", err)
	}
	var failed []error
	for _, a := range staff {
		refused, err := pushMenu(ctx, c, a, tags, old)
		left = append(left, refused...)
		if err != nil {
			failed = append(failed, fmt.Errorf("menu of %s: %w", a.Tag, err))
		}
	}
	return left, errors.Join(failed...)
}

// pushMenu sets the menu of one group. Of a group that is empty the menu goes.
func pushMenu(ctx context.Context, c *wechat.Client, a Audience, tags []wechat.TagInfo, old []wechat.ConditionalMenu) (left []string, err error) {
	i := slices.IndexFunc(tags, func(t wechat.TagInfo) bool { return t.Name == a.Tag })
	if i < 0 && len(a.OpenIDs) == 0 {
		return nil, nil
	}
	tag := 0
	if i >= 0 {
		tag = tags[i].ID
	} else if tag, err = c.CreateTag(ctx, a.Tag); err != nil {
		return nil, fmt.Errorf("create tag: %w", err)
	}
	old = slices.DeleteFunc(slices.Clone(old), func(m wechat.ConditionalMenu) bool { return m.Tag != tag })
	if left, err = setMembers(ctx, c, tag, a.OpenIDs); err != nil {
		return left, err
	}
	if len(a.OpenIDs) > 0 {
		own, err := menu(a.Menu, tag)
		if err != nil {
			return left, err
		}
		if old, err = addMenu(ctx, c, own, old); err != nil {
			return left, fmt.Errorf("set menu: %w", err)
		}
	}
	for _, m := range old {
		if err := c.DropMenu(ctx, m.ID); err != nil {
			return left, fmt.Errorf("remove the menu before: %w", err)
		}
	}
	return left, nil
}

// tooManyMenus is the code for no more menus for some.
const tooManyMenus = 65305

// addMenu adds a menu for some, and returns which of the old ones are left. Where
// there are too many, old ones go first, but for the last.
func addMenu(ctx context.Context, c *wechat.Client, own []byte, old []wechat.ConditionalMenu) ([]wechat.ConditionalMenu, error) {
	for {
		_, err := c.AddConditionalMenu(ctx, own)
		var e *wechat.Error
		if err == nil || len(old) == 0 || !errors.As(err, &e) || e.Code != tooManyMenus {
			return old, err
		}
		if err := c.DropMenu(ctx, old[0].ID); err != nil {
			return old, fmt.Errorf("make room: %w", err)
		}
		old = old[1:]
	}
}

// setMembers gives a tag to all of a group and takes it from everybody else. left
// are those whom the platform does not take.
func setMembers(ctx context.Context, c *wechat.Client, tag int, group []string) (left []string, err error) {
	have, err := c.TagMembers(ctx, tag)
	if err != nil {
		return nil, fmt.Errorf("members of the tag: %w", err)
	}
	lacks := slices.DeleteFunc(slices.Clone(group), func(o string) bool { return slices.Contains(have, o) })
	over := slices.DeleteFunc(have, func(o string) bool { return slices.Contains(group, o) })
	if left, err = inLots(lacks, func(some []string) error { _, err := c.Tag(ctx, tag, some...); return err }); err != nil {
		return left, fmt.Errorf("tag staff: %w", err)
	}
	if _, err = inLots(over, func(some []string) error { _, err := c.Untag(ctx, tag, some...); return err }); err != nil {
		return left, fmt.Errorf("untag who is no staff: %w", err)
	}
	return left, nil
}

// DropMenu takes the staff's menus from a WeChat: it has none of their tags any more.
func DropMenu(ctx context.Context, c *wechat.Client, openid string) error {
	tags, err := c.Tags(ctx)
	if err != nil {
		return fmt.Errorf("list tags: %w", err)
	}
	for _, a := range Audiences(nil) {
		for _, t := range tags {
			if t.Name != a.Tag {
				continue
			}
			if _, err := c.Untag(ctx, t.ID, openid); err != nil {
				return fmt.Errorf("take tag %s away: %w", a.Tag, err)
			}
		}
	}
	return nil
}

// inLots does something with openids, 50 at a time as the platform takes them, and
// one by one where it refuses a lot because of some. left are those; the error is
// one that is about none of them.
func inLots(all []string, do func([]string) error) (left []string, err error) {
	for some := range slices.Chunk(all, 50) {
		switch err := do(some); {
		case err == nil:
		case !ofUsers(err):
			return left, err
		case len(some) == 1:
			left = append(left, some[0])
		default:
			for _, one := range some {
				refused, err := inLots([]string{one}, do)
				left = append(left, refused...)
				if err != nil {
					return left, err
				}
			}
		}
	}
	return left, nil
}

// ofUsers reports whether an error of tagging is about the users, not the call.
func ofUsers(err error) bool {
	var e *wechat.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Class() {
	case wechat.DropUser, wechat.Never:
		return true
	}
	return e.Code == partlyTagged
}

// partlyTagged is the code for some of several who were refused.
const partlyTagged = 45171

type button struct {
	Type string   `json:"type,omitempty"`
	Name string   `json:"name"`
	Key  string   `json:"key,omitempty"`
	Sub  []button `json:"sub_button,omitempty"`
}

// menu writes a menu as the platform takes it, raw UTF-8.
func menu(buttons []staffroom.Button, tag int) ([]byte, error) {
	var out struct {
		Button []button          `json:"button"`
		Rule   map[string]string `json:"matchrule,omitempty"`
	}
	for _, b := range buttons {
		top := button{Name: b.Label}
		if len(b.Sub) == 0 {
			top.Type, top.Key = "click", b.Words
		}
		for _, s := range b.Sub {
			top.Sub = append(top.Sub, button{Type: "click", Name: s.Label, Key: s.Words})
		}
		out.Button = append(out.Button, top)
	}
	if tag != 0 {
		out.Rule = map[string]string{"tag_id": fmt.Sprint(tag)}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("write menu: %w", err)
	}
	return b.Bytes(), nil
}
