package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/erasure"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// peopleWords are those by which staff keeps the directory right: who is new, who is
// one person, who lives elsewhere, who is here no more.
func peopleWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "新居民", For: dialog.Village, Do: newResident},
		{Text: "合并", For: dialog.Village, Do: merge},
		{Text: "迁到", For: dialog.Village, Do: migrate},
		{Text: "迁村", For: dialog.Village, Do: migrate},
		{Text: "去世", For: dialog.Village, Do: func(c *dialog.Turn, rest string) (dialog.Reply, error) { return closeSaid(c, "died", rest) }},
		{Text: "搬走", For: dialog.Village, Do: func(c *dialog.Turn, rest string) (dialog.Reply, error) { return closeSaid(c, "moved", rest) }},
		{Text: "恢复", For: dialog.Village, Do: reopenSaid},
		{Text: "叫法", For: dialog.Village, Do: nick},
	}
}

func peopleVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"new-ask":      dialog.ForStaff(newAsk),
		"new-yes":      dialog.ForStaff(newYes),
		"new-no":       dialog.ForStaff(func(*dialog.Turn, string) (dialog.Reply, error) { return dialog.Reply{Text: dialog.SayConsentNo}, nil }),
		"merge-pick":   dialog.ForStaff(mergePick),
		"person-merge": dialog.ForStaff(mergeNow),
		"own-merge":    ownMerge,
		"move-pick":    dialog.ForStaff(movePick),
		"person-move":  dialog.ForStaff(moveNow),
		"close-ask":    dialog.ForStaff(closeAsk),
		"person-close": dialog.ForStaff(closeCard),
		"reopen":       dialog.ForStaff(reopen),
		"nick":         dialog.ForStaff(nickNow),
	}
}

// whom finds the one of the scope that words name; asked says that r is the answer:
// several are offered, each with do and her id behind it, or nobody is found.
func whom(c *dialog.Turn, typed, do string) (id string, r dialog.Reply, asked bool, err error) {
	found, err := subject.SearchResidents(c, typed, 8)
	if err != nil {
		return "", dialog.Reply{}, false, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, dialog.Newcomer) {
		return "", dialog.Reply{Text: dialog.PickWord(found.Say == dialog.SayOwnFamily, dialog.SayOwnFamily, fmt.Sprintf(dialog.SayNoSuchName, typed))}, true, nil
	}
	if len(found.Choices) == 1 && found.Sure {
		return found.Choices[0].Value, dialog.Reply{}, false, nil
	}
	offers := make([]dialogstate.Option, 0, len(found.Choices)+1)
	for _, h := range found.Choices {
		offers = append(offers, dialogstate.Option{Label: h.Label, Do: do + " " + h.Value})
	}
	return "", c.Offer(found.Say, append(offers, dialogstate.Option{Label: dialog.SayNotHer, Do: "none"})...), true, nil
}

// saved keeps a change so that it can be taken back for ten minutes.
func saved(c *dialog.Turn, what string, fn func() error) error {
	u, err := c.Tx.Save(fn)
	if err != nil {
		return err
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), what
	return c.Tx.PutUndo(c.M.From, u)
}

// stranger is somebody new as she is typed: 王秀兰 二组 17900001122, with the village
// where the cadre serves several.
type stranger struct{ name, village, group, phone string }

func (n stranger) String() string {
	return strings.Join([]string{n.name, dialog.PickWord(n.group == "", "-", n.group), dialog.PickWord(n.phone == "", "-", n.phone), n.village}, " ")
}

func strangerOf(rest string) (n stranger, ok bool) {
	f := strings.Fields(rest)
	if len(f) != 4 {
		return n, false
	}
	return stranger{name: f[0], group: strings.Trim(f[1], "-"), phone: strings.Trim(f[2], "-"), village: f[3]}, true
}

// newResident is 新居民: somebody whom the directory does not know. Who may be she
// already, in the villages of the scope, is shown first.
func newResident(c *dialog.Turn, rest string) (dialog.Reply, error) {
	n, said, err := newPersonInput(c, rest)
	if err != nil || said != "" {
		return dialog.Reply{Text: said}, err
	}
	twins, err := twins(c, n)
	if err != nil || len(twins) == 0 {
		if err != nil {
			return dialog.Reply{}, err
		}
		return newAsk(c, n.String())
	}
	var offers []dialogstate.Option
	for _, t := range twins[:min(len(twins), 4)] {
		offers = append(offers, dialogstate.Option{Label: subject.Label(t), Do: "card " + t.ID})
	}
	offers = append(offers, dialogstate.Option{Label: labelNewOne, Do: "new-ask " + n.String()})
	return c.Offer(fmt.Sprintf(sayNewTwins, n.name), offers...), nil
}

// newPersonInput reads who is new; said is what is missing.
func newPersonInput(c *dialog.Turn, rest string) (n stranger, said string, err error) {
	villages := c.Scope.Villages()
	all, err := person.Villages(c.Tx)
	if err != nil {
		return n, "", err
	}
	mine := slices.DeleteFunc(all, func(v person.Village) bool { return v.MergedInto != "" || !slices.Contains(villages, v.ID) })
	if len(mine) == 1 {
		n.village = mine[0].ID
	}
	phone, left, bad := answer.Phone(rest)
	if bad != nil {
		return n, fmt.Sprintf(dialog.SayPhoneBad, bad.Digits, bad.Len), nil
	}
	n.phone = phone
	var home person.Village
	for _, w := range strings.Fields(strings.NewReplacer("，", " ", ",", " ", "电话", " ").Replace(left)) {
		for _, v := range mine {
			if rest, ok := strings.CutPrefix(w, v.Name); ok {
				n.village, w = v.ID, rest
			}
		}
		if g, rest, ok := subject.CutGroup(w); ok {
			n.group, w = g, rest
		}
		if w != "" && n.name == "" {
			n.name = w
		}
	}
	for _, v := range mine {
		if v.ID == n.village {
			home = v
		}
	}
	own, err := c.Scope.IsOwnFamily(n.name, n.phone)
	switch {
	case err != nil:
		return n, "", err
	case n.name == "":
		return n, sayNewHow, nil
	case own:
		return n, dialog.SayOwnFamily, nil
	case !subject.IsName(n.name):
		return n, fmt.Sprintf(sayNewName, n.name), nil
	case home.ID == "":
		names := make([]string, 0, len(mine))
		for _, v := range mine[:min(len(mine), 6)] {
			names = append(names, v.Name)
		}
		return n, fmt.Sprintf(sayNewVillage, strings.Join(names, "、")), nil
	}
	if _, ok := home.Group(n.group); !ok && len(home.Groups) > 0 {
		names := make([]string, 0, len(home.Groups))
		for _, g := range home.Groups {
			names = append(names, g.Name)
		}
		if n.group == "" {
			return n, fmt.Sprintf(sayNewGroup, strings.Join(names, "、")), nil
		}
		return n, fmt.Sprintf(dialog.SayGroupNone, home.Name, n.group, strings.Join(names, "、")), nil
	}
	return n, "", nil
}

// twins are those of the scope who may be the same person: the same name, or its
// sound, in the group or with the phone; the same phone under whatever name sounds alike.
func twins(c *dialog.Turn, n stranger) ([]person.Resident, error) {
	var out []person.Resident
	add := func(q person.Query, is func(person.Resident) bool) error {
		hits, err := c.Scope.FindResidents(q, 20)
		for _, h := range hits {
			if is(h.Resident) && !slices.ContainsFunc(out, func(r person.Resident) bool { return r.ID == h.ID }) {
				out = append(out, h.Resident)
			}
		}
		return err
	}
	err := add(person.Query{Name: n.name}, func(r person.Resident) bool {
		return r.Village == n.village && r.Group == n.group || n.phone != "" && r.Phone == n.phone || r.Name == n.name && r.Village == n.village
	})
	if err == nil && n.phone != "" {
		err = add(person.Query{Tail: n.phone[len(n.phone)-4:]}, func(r person.Resident) bool {
			return r.Phone == n.phone || answer.SameSound(r.Name, n.name)
		})
	}
	return out, err
}

// newAsk asks her, by the cadre's mouth, whether she may be written down.
func newAsk(c *dialog.Turn, rest string) (dialog.Reply, error) {
	n, ok := strangerOf(rest)
	if !ok {
		return c.Menu(dialog.SayGone)
	}
	return c.Offer(fmt.Sprintf(sayNewRead, n.name, c.Office()),
		dialogstate.Option{Label: labelSheSaysYes, Do: "new-yes " + rest}, dialogstate.Option{Label: labelSheSaysNo, Do: "new-no"}), nil
}

// newYes keeps her with her word.
func newYes(c *dialog.Turn, rest string) (dialog.Reply, error) {
	n, ok := strangerOf(rest)
	if !ok {
		return c.Menu(dialog.SayGone)
	}
	var r person.Resident
	err := saved(c, n.name, func() (err error) {
		r, err = c.Scope.AddResident(person.Resident{Name: n.name, Village: n.village, Group: n.group, Phone: n.phone, Added: c.Today}, c.M.ID)
		if err != nil {
			return err
		}
		return consent.Put(c.Scope, consent.Consent{Resident: r.ID, Set: purpose.VisitRecord, Answer: person.Yes, Channel: "oral"}, c.M.At)
	})
	if errors.Is(err, record.ErrScope) {
		return dialog.Reply{Text: dialog.SayOwnFamily}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayNewSaved, subject.Label(r)), dialogstate.Option{Label: dialog.LabelVisit, Do: "visit " + r.ID},
		dialogstate.Option{Label: dialog.LabelAway, Do: "away " + r.ID}, dialogstate.Option{Label: dialog.LabelThatsAll, Do: "none"}), nil
}

// merge is 合并: whose two lines are one person's. First who stays is named, then who
// goes into her.
func merge(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest == "" {
		return dialog.Reply{Text: sayMergeHow}, nil
	}
	id, r, asked, err := whom(c, rest, "merge-pick")
	if err != nil || asked {
		return r, err
	}
	return mergePick(c, id)
}

// mergePick offers who sounds like her, or has her phone.
func mergePick(c *dialog.Turn, id string) (dialog.Reply, error) {
	keep, err := c.Scope.Open(id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	seen, ask := map[string]bool{keep.ID: true}, fmt.Sprintf(sayMergeWhich, subject.Label(keep))
	for _, q := range []person.Query{{Name: keep.Name}, {Tail: keep.Tail()}} {
		hits, err := c.Scope.FindResidents(q, 9)
		if err != nil {
			return dialog.Reply{}, err
		}
		for _, h := range hits {
			if !seen[h.ID] && len(offers) < 6 {
				seen[h.ID] = true
				if keep.Phone != "" && h.Phone != "" && h.Phone != keep.Phone && !strings.Contains(ask, sayMergePhone) {
					ask = dialog.Join(ask, sayMergePhone)
				}
				offers = append(offers, dialogstate.Option{Label: subject.Label(h.Resident), Do: "person-merge " + keep.ID + " " + h.ID})
			}
		}
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayMergeNone, subject.Label(keep))}, nil
	}
	return c.Offer(ask, append(offers, dialogstate.Option{Label: labelMergeNot, Do: "none"})...), nil
}

func mergeNow(c *dialog.Turn, rest string) (dialog.Reply, error) {
	keep, drop, _ := strings.Cut(rest, " ")
	r, err := c.Scope.Resident(keep)
	if err == nil {
		err = saved(c, subject.Brief(r), func() error { return erasure.Merge(c.Scope, keep, drop, c.M.At) })
	}
	switch {
	case dialog.IsNotFound(err):
		return c.Menu(dialog.SayGone)
	case errors.Is(err, erasure.ErrConflict):
		return dialog.Reply{Text: sayMergeBoth}, nil
	case errors.Is(err, record.ErrSelfOnly) && c.Who.Cadre.Has(person.Clerk):
		return dialog.Reply{Text: sayMergeHers}, nil
	case errors.Is(err, record.ErrSelfOnly):
		return dialog.Reply{Text: sayMergeOwn}, nil
	case errors.Is(err, erasure.ErrUnseen):
		return dialog.Reply{Text: sayMergeUnseen}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayMerged, subject.Brief(r))}, nil
}

// ownMerge makes one of two of hers: what the desk's code opened, and what she
// signed up anew.
func ownMerge(c *dialog.Turn, rest string) (dialog.Reply, error) {
	keep, drop, _ := strings.Cut(rest, " ")
	err := saved(c, "", func() error { return erasure.Merge(c.Scope, keep, drop, c.M.At) })
	switch {
	case dialog.IsNotFound(err):
		return c.Menu(dialog.SayGone)
	case errors.Is(err, erasure.ErrConflict):
		return dialog.Reply{Text: sayMergeBothOwn}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayMergedOwn}, c.WhoNow()
}

// offerOwnMerge asks her whose code was just taken whether another one of hers, of
// the same name and phone, is she too; ok is false where there is none.
func offerOwnMerge(c *dialog.Turn, r person.Resident) (dialog.Reply, bool, error) {
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, false, err
	}
	for _, o := range family {
		if o.ID != r.ID && o.Self && o.Name == r.Name && o.Phone == r.Phone {
			ask := fmt.Sprintf(sayMergeAskOwn, r.Name)
			if r.Village != "" && r.Village != o.Village {
				v, err := person.LoadVillage(c.Tx, r.Village)
				if err != nil {
					return dialog.Reply{}, false, err
				}
				ask = dialog.Join(ask, fmt.Sprintf(sayMergeAskSeen, v.Name))
			}
			return c.Offer(ask, dialogstate.Option{Label: labelMergeOwn, Do: "own-merge " + r.ID + " " + o.ID},
				dialogstate.Option{Label: labelMergeNot, Do: "none"}), true, nil
		}
	}
	return dialog.Reply{}, false, nil
}

// migrate is 迁到 乙村 二组 王秀兰, in any order.
func migrate(c *dialog.Turn, rest string) (dialog.Reply, error) {
	all, err := person.Villages(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	village, group, name := "", "-", ""
	for _, w := range strings.Fields(rest) {
		for _, v := range all {
			if tail, ok := strings.CutPrefix(w, v.Name); ok && v.MergedInto == "" {
				village, w = v.ID, tail
			}
		}
		if g, tail, ok := subject.CutGroup(w); ok {
			group, w = g, tail
		}
		name += w
	}
	if name == "" || village == "" {
		return dialog.Reply{Text: sayMoveHow}, nil
	}
	id, r, asked, err := whom(c, name, "move-pick "+village+" "+group)
	if err != nil || asked {
		return r, err
	}
	return movePick(c, village+" "+group+" "+id)
}

func movePick(c *dialog.Turn, rest string) (dialog.Reply, error) {
	f := strings.Fields(rest)
	if len(f) != 3 {
		return c.Menu(dialog.SayGone)
	}
	r, err := c.Scope.Open(f[2], c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	v, err := person.LoadVillage(c.Tx, f[0])
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayMoveAsk, subject.Label(r), v.Name, strings.Trim(f[1], "-")), dialogstate.Option{Label: labelMoveYes, Do: "person-move " + rest},
		dialogstate.Option{Label: labelMoveNo, Do: "none"}), nil
}

func moveNow(c *dialog.Turn, rest string) (dialog.Reply, error) {
	f := strings.Fields(rest)
	if len(f) != 3 {
		return c.Menu(dialog.SayGone)
	}
	r, err := c.Scope.Resident(f[2])
	if err == nil {
		err = saved(c, subject.Brief(r), func() error { return erasure.MoveResident(c.Scope, f[2], f[0], strings.Trim(f[1], "-"), c.M.At) })
	}
	switch {
	case errors.Is(err, record.ErrScope):
		return dialog.Reply{Text: sayMoveOffice}, nil
	case errors.Is(err, record.ErrSelfOnly):
		return dialog.Reply{Text: fmt.Sprintf(sayMoveOwn, r.Name)}, nil
	case dialog.IsNotFound(err):
		return dialog.Reply{Text: sayMoveHow}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayMovedTo, r.Name)}, nil
}

// closeSaid is 去世 and 搬走: whose card is closed.
func closeSaid(c *dialog.Turn, why, rest string) (dialog.Reply, error) {
	if rest == "" {
		return dialog.Reply{Text: sayCloseHow}, nil
	}
	id, r, asked, err := whom(c, rest, "close-ask "+why)
	if err != nil || asked {
		return r, err
	}
	return closeAsk(c, why+" "+id)
}

func closeAsk(c *dialog.Turn, rest string) (dialog.Reply, error) {
	_, id, _ := strings.Cut(rest, " ")
	r, err := c.Scope.Open(id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayShutAsk, subject.Label(r)), dialogstate.Option{Label: labelCloseYes, Do: "person-close " + rest}, dialogstate.Option{Label: labelCloseNo, Do: "none"}), nil
}

func closeCard(c *dialog.Turn, rest string) (dialog.Reply, error) {
	why, id, _ := strings.Cut(rest, " ")
	r, err := c.Scope.Resident(id)
	if err == nil {
		err = saved(c, subject.Brief(r), func() error { return erasure.Deactivate(c.Scope, id, why, c.M.At) })
	}
	switch {
	case dialog.IsNotFound(err):
		return c.Menu(dialog.SayGone)
	case errors.Is(err, record.ErrSelfOnly):
		return c.Offer(fmt.Sprintf(sayCloseOwn, r.Name), dialogstate.Option{Label: dialog.LabelOralStop, Do: "oral stop " + id}, dialogstate.Option{Label: labelCloseNo, Do: "none"}), nil
	case err != nil:
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayShut}, nil
}

// reopenSaid is 恢复: a card that was closed by mistake.
func reopenSaid(c *dialog.Turn, rest string) (dialog.Reply, error) {
	all, err := erasure.Deactivations(c.Scope, rest)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: sayReopenNone}, nil
	}
	if rest != "" && len(all) == 1 {
		return reopen(c, all[0].Resident)
	}
	var offers []dialogstate.Option
	for _, k := range all[:min(len(all), 8)] {
		offers = append(offers, dialogstate.Option{Label: strings.TrimSpace(k.Name + " " + k.Group), Do: "reopen " + k.Resident})
	}
	return c.Offer(sayReopenWhich, append(offers, dialogstate.Option{Label: labelCloseNo, Do: "none"})...), nil
}

func reopen(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := erasure.Reactivate(c.Scope, id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	return dialog.Reply{Text: fmt.Sprintf(sayReopened, subject.Brief(r))}, err
}

// nick is 叫法 郭敏 老王家二儿媳: what she is called in the village, by which she is
// found; staff alone sees it.
func nick(c *dialog.Turn, rest string) (dialog.Reply, error) {
	name, called, _ := strings.Cut(rest, " ")
	if called = strings.TrimSpace(called); name == "" || called == "" || len([]rune(called)) > 16 {
		return dialog.Reply{Text: sayNickHow}, nil
	}
	id, r, asked, err := whom(c, name, "nick "+called)
	if err != nil || asked {
		return r, err
	}
	return nickNow(c, called+" "+id)
}

func nickNow(c *dialog.Turn, rest string) (dialog.Reply, error) {
	called, id := rest[:strings.LastIndex(rest, " ")], rest[strings.LastIndex(rest, " ")+1:]
	err := saved(c, called, func() error { return c.Scope.SetNick(id, called) })
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	return dialog.Reply{Text: fmt.Sprintf(sayNicked, called)}, err
}
