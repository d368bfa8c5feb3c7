package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/storage/person"
)

// Audience is a group of staff with a menu of their own, known to the platform by
// a tag.
type Audience struct {
	Tag     string
	Menu    []flows.Button
	OpenIDs []string
}

// Audiences are the groups of bound staff: each sees what her role does.
func Audiences(cadres []person.Staff) []Audience {
	villages := Audience{Tag: "村干部", Menu: flows.StaffMenu()}
	clinic := Audience{Tag: "卫生院", Menu: flows.ClinicMenu()}
	office := Audience{Tag: "镇办", Menu: flows.OfficeMenu()}
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

// PushMenus sets the account's menu, and the own menu of each group of staff. A
// menu is no authorisation: each tap is looked at like typed words.
func PushMenus(ctx context.Context, c *wechat.Client, staff []Audience) error {
	resident, err := menu(flows.ResidentMenu(), 0)
	if err != nil {
		return err
	}
	if err := c.SetMenu(ctx, resident); err != nil {
		return fmt.Errorf("set menu: %w", err)
	}
	for _, a := range staff {
		if len(a.OpenIDs) == 0 {
			continue
		}
		if err := pushMenu(ctx, c, a); err != nil {
			return fmt.Errorf("menu of %s: %w", a.Tag, err)
		}
	}
	return nil
}

func pushMenu(ctx context.Context, c *wechat.Client, a Audience) error {
	tag, err := tagID(ctx, c, a.Tag)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(a.OpenIDs, 50) { // the platform takes 50 at a time
		if failed, err := c.Tag(ctx, tag, some...); err != nil {
			return fmt.Errorf("tag staff (%d failed): %w", len(failed), err)
		}
	}
	own, err := menu(a.Menu, tag)
	if err != nil {
		return err
	}
	if _, err := c.AddConditionalMenu(ctx, own); err != nil {
		return fmt.Errorf("set menu: %w", err)
	}
	return nil
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

func tagID(ctx context.Context, c *wechat.Client, name string) (int, error) {
	tags, err := c.Tags(ctx)
	if err != nil {
		return 0, fmt.Errorf("list tags: %w", err)
	}
	for _, t := range tags {
		if t.Name == name {
			return t.ID, nil
		}
	}
	id, err := c.CreateTag(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("create tag: %w", err)
	}
	return id, nil
}

type button struct {
	Type string   `json:"type,omitempty"`
	Name string   `json:"name"`
	Key  string   `json:"key,omitempty"`
	Sub  []button `json:"sub_button,omitempty"`
}

// menu writes a menu as the platform takes it, raw UTF-8.
func menu(buttons []flows.Button, tag int) ([]byte, error) {
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
