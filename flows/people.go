package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/erasure"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// peopleWords are those by which staff keeps the directory right: who is new, who is
// one person, who lives elsewhere, who is here no more.
func peopleWords() []word {
	return []word{
		{"新居民", village, (*chat).newResident},
		{"合并", village, (*chat).merge},
		{"迁到", village, (*chat).migrate},
		{"迁村", village, (*chat).migrate},
		{"去世", village, func(c *chat, rest string) (Reply, error) { return c.closeSaid("died", rest) }},
		{"搬走", village, func(c *chat, rest string) (Reply, error) { return c.closeSaid("moved", rest) }},
		{"恢复", village, (*chat).reopenSaid},
		{"叫法", village, (*chat).nick},
	}
}

func peopleVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"new-ask":      forStaff((*chat).newAsk),
		"new-yes":      forStaff((*chat).newYes),
		"new-no":       forStaff(func(*chat, string) (Reply, error) { return Reply{Text: sayConsentNo}, nil }),
		"merge-pick":   forStaff((*chat).mergePick),
		"person-merge": forStaff((*chat).mergeNow),
		"own-merge":    (*chat).ownMerge,
		"move-pick":    forStaff((*chat).movePick),
		"person-move":  forStaff((*chat).moveNow),
		"close-ask":    forStaff((*chat).closeAsk),
		"person-close": forStaff((*chat).closeCard),
		"reopen":       forStaff((*chat).reopen),
		"nick":         forStaff((*chat).nickNow),
	}
}

// whom finds the one of the scope that words name; asked says that r is the answer:
// several are offered, each with do and her id behind it, or nobody is found.
func (c *chat) whom(typed, do string) (id string, r Reply, asked bool, err error) {
	found, err := searchResidents(c, typed, 8)
	if err != nil {
		return "", Reply{}, false, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, newcomer) {
		return "", Reply{Text: pickWord(found.Say == sayOwnFamily, sayOwnFamily, fmt.Sprintf(sayNoSuchName, typed))}, true, nil
	}
	if len(found.Choices) == 1 && found.Sure {
		return found.Choices[0].Value, Reply{}, false, nil
	}
	offers := make([]dialogstate.Option, 0, len(found.Choices)+1)
	for _, h := range found.Choices {
		offers = append(offers, dialogstate.Option{Label: h.Label, Do: do + " " + h.Value})
	}
	return "", c.offer(found.Say, append(offers, dialogstate.Option{Label: sayNotHer, Do: "none"})...), true, nil
}

// saved keeps a change so that it can be taken back for ten minutes.
func (c *chat) saved(what string, fn func() error) error {
	u, err := c.tx.Save(fn)
	if err != nil {
		return err
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), what
	return c.tx.PutUndo(c.m.From, u)
}

// stranger is somebody new as she is typed: 王秀兰 二组 17900001122, with the village
// where the cadre serves several.
type stranger struct{ name, village, group, phone string }

func (n stranger) String() string {
	return strings.Join([]string{n.name, pickWord(n.group == "", "-", n.group), pickWord(n.phone == "", "-", n.phone), n.village}, " ")
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
func (c *chat) newResident(rest string) (Reply, error) {
	n, said, err := c.stranger(rest)
	if err != nil || said != "" {
		return Reply{Text: said}, err
	}
	twins, err := c.twins(n)
	if err != nil || len(twins) == 0 {
		if err != nil {
			return Reply{}, err
		}
		return c.newAsk(n.String())
	}
	var offers []dialogstate.Option
	for _, t := range twins[:min(len(twins), 4)] {
		offers = append(offers, dialogstate.Option{Label: label(t), Do: "card " + t.ID})
	}
	offers = append(offers, dialogstate.Option{Label: labelNewOne, Do: "new-ask " + n.String()})
	return c.offer(fmt.Sprintf(sayNewTwins, n.name), offers...), nil
}

// stranger reads who is new; said is what is missing.
func (c *chat) stranger(rest string) (n stranger, said string, err error) {
	villages := c.scope.Villages()
	all, err := person.Villages(c.tx)
	if err != nil {
		return n, "", err
	}
	mine := slices.DeleteFunc(all, func(v person.Village) bool { return v.MergedInto != "" || !slices.Contains(villages, v.ID) })
	if len(mine) == 1 {
		n.village = mine[0].ID
	}
	phone, left, bad := answer.Phone(rest)
	if bad != nil {
		return n, fmt.Sprintf(sayPhoneBad, bad.Digits, bad.Len), nil
	}
	n.phone = phone
	var home person.Village
	for _, w := range strings.Fields(strings.NewReplacer("，", " ", ",", " ", "电话", " ").Replace(left)) {
		for _, v := range mine {
			if rest, ok := strings.CutPrefix(w, v.Name); ok {
				n.village, w = v.ID, rest
			}
		}
		if g, rest, ok := cutGroup(w); ok {
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
	own, err := c.scope.IsOwnFamily(n.name, n.phone)
	switch {
	case err != nil:
		return n, "", err
	case n.name == "":
		return n, sayNewHow, nil
	case own:
		return n, sayOwnFamily, nil
	case !isName(n.name):
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
		return n, fmt.Sprintf(sayGroupNone, home.Name, n.group, strings.Join(names, "、")), nil
	}
	return n, "", nil
}

// twins are those of the scope who may be the same person: the same name, or its
// sound, in the group or with the phone; the same phone under whatever name sounds alike.
func (c *chat) twins(n stranger) ([]person.Resident, error) {
	var out []person.Resident
	add := func(q person.Query, is func(person.Resident) bool) error {
		hits, err := c.scope.FindResidents(q, 20)
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
func (c *chat) newAsk(rest string) (Reply, error) {
	n, ok := strangerOf(rest)
	if !ok {
		return c.menu(sayGone)
	}
	return c.offer(fmt.Sprintf(sayNewRead, n.name, c.office()),
		dialogstate.Option{Label: labelSheSaysYes, Do: "new-yes " + rest}, dialogstate.Option{Label: labelSheSaysNo, Do: "new-no"}), nil
}

// newYes keeps her with her word.
func (c *chat) newYes(rest string) (Reply, error) {
	n, ok := strangerOf(rest)
	if !ok {
		return c.menu(sayGone)
	}
	var r person.Resident
	err := c.saved(n.name, func() (err error) {
		r, err = c.scope.AddResident(person.Resident{Name: n.name, Village: n.village, Group: n.group, Phone: n.phone, Added: c.today}, c.m.ID)
		if err != nil {
			return err
		}
		return consent.Put(c.scope, consent.Consent{Resident: r.ID, Set: purpose.VisitRecord, Answer: person.Yes, Channel: "oral"}, c.m.At)
	})
	if errors.Is(err, record.ErrScope) {
		return Reply{Text: sayOwnFamily}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayNewSaved, label(r)), dialogstate.Option{Label: labelVisit, Do: "visit " + r.ID},
		dialogstate.Option{Label: labelAway, Do: "away " + r.ID}, dialogstate.Option{Label: labelThatsAll, Do: "none"}), nil
}

// merge is 合并: whose two lines are one person's. First who stays is named, then who
// goes into her.
func (c *chat) merge(rest string) (Reply, error) {
	if rest == "" {
		return Reply{Text: sayMergeHow}, nil
	}
	id, r, asked, err := c.whom(rest, "merge-pick")
	if err != nil || asked {
		return r, err
	}
	return c.mergePick(id)
}

// mergePick offers who sounds like her, or has her phone.
func (c *chat) mergePick(id string) (Reply, error) {
	keep, err := c.scope.Open(id, c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	seen, ask := map[string]bool{keep.ID: true}, fmt.Sprintf(sayMergeWhich, label(keep))
	for _, q := range []person.Query{{Name: keep.Name}, {Tail: keep.Tail()}} {
		hits, err := c.scope.FindResidents(q, 9)
		if err != nil {
			return Reply{}, err
		}
		for _, h := range hits {
			if !seen[h.ID] && len(offers) < 6 {
				seen[h.ID] = true
				if keep.Phone != "" && h.Phone != "" && h.Phone != keep.Phone && !strings.Contains(ask, sayMergePhone) {
					ask = join(ask, sayMergePhone)
				}
				offers = append(offers, dialogstate.Option{Label: label(h.Resident), Do: "person-merge " + keep.ID + " " + h.ID})
			}
		}
	}
	if len(offers) == 0 {
		return Reply{Text: fmt.Sprintf(sayMergeNone, label(keep))}, nil
	}
	return c.offer(ask, append(offers, dialogstate.Option{Label: labelMergeNot, Do: "none"})...), nil
}

func (c *chat) mergeNow(rest string) (Reply, error) {
	keep, drop, _ := strings.Cut(rest, " ")
	r, err := c.scope.Resident(keep)
	if err == nil {
		err = c.saved(brief(r), func() error { return erasure.Merge(c.scope, keep, drop, c.m.At) })
	}
	switch {
	case isNotFound(err):
		return c.menu(sayGone)
	case errors.Is(err, erasure.ErrConflict):
		return Reply{Text: sayMergeBoth}, nil
	case errors.Is(err, record.ErrSelfOnly) && c.who.Cadre.Has(person.Clerk):
		return Reply{Text: sayMergeHers}, nil
	case errors.Is(err, record.ErrSelfOnly):
		return Reply{Text: sayMergeOwn}, nil
	case errors.Is(err, erasure.ErrUnseen):
		return Reply{Text: sayMergeUnseen}, nil
	case err != nil:
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayMerged, brief(r))}, nil
}

// ownMerge makes one of two of hers: what the desk's code opened, and what she
// signed up anew.
func (c *chat) ownMerge(rest string) (Reply, error) {
	keep, drop, _ := strings.Cut(rest, " ")
	err := c.saved("", func() error { return erasure.Merge(c.scope, keep, drop, c.m.At) })
	switch {
	case isNotFound(err):
		return c.menu(sayGone)
	case errors.Is(err, erasure.ErrConflict):
		return Reply{Text: sayMergeBothOwn}, nil
	case err != nil:
		return Reply{}, err
	}
	return Reply{Text: sayMergedOwn}, c.whoNow()
}

// offerOwnMerge asks her whose code was just taken whether another one of hers, of
// the same name and phone, is she too; ok is false where there is none.
func (c *chat) offerOwnMerge(r person.Resident) (Reply, bool, error) {
	family, err := c.family()
	if err != nil {
		return Reply{}, false, err
	}
	for _, o := range family {
		if o.ID != r.ID && o.Self && o.Name == r.Name && o.Phone == r.Phone {
			ask := fmt.Sprintf(sayMergeAskOwn, r.Name)
			if r.Village != "" && r.Village != o.Village {
				v, err := person.LoadVillage(c.tx, r.Village)
				if err != nil {
					return Reply{}, false, err
				}
				ask = join(ask, fmt.Sprintf(sayMergeAskSeen, v.Name))
			}
			return c.offer(ask, dialogstate.Option{Label: labelMergeOwn, Do: "own-merge " + r.ID + " " + o.ID},
				dialogstate.Option{Label: labelMergeNot, Do: "none"}), true, nil
		}
	}
	return Reply{}, false, nil
}

// migrate is 迁到 乙村 二组 王秀兰, in any order.
func (c *chat) migrate(rest string) (Reply, error) {
	all, err := person.Villages(c.tx)
	if err != nil {
		return Reply{}, err
	}
	village, group, name := "", "-", ""
	for _, w := range strings.Fields(rest) {
		for _, v := range all {
			if tail, ok := strings.CutPrefix(w, v.Name); ok && v.MergedInto == "" {
				village, w = v.ID, tail
			}
		}
		if g, tail, ok := cutGroup(w); ok {
			group, w = g, tail
		}
		name += w
	}
	if name == "" || village == "" {
		return Reply{Text: sayMoveHow}, nil
	}
	id, r, asked, err := c.whom(name, "move-pick "+village+" "+group)
	if err != nil || asked {
		return r, err
	}
	return c.movePick(village + " " + group + " " + id)
}

func (c *chat) movePick(rest string) (Reply, error) {
	f := strings.Fields(rest)
	if len(f) != 3 {
		return c.menu(sayGone)
	}
	r, err := c.scope.Open(f[2], c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	v, err := person.LoadVillage(c.tx, f[0])
	if err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayMoveAsk, label(r), v.Name, strings.Trim(f[1], "-")), dialogstate.Option{Label: labelMoveYes, Do: "person-move " + rest},
		dialogstate.Option{Label: labelMoveNo, Do: "none"}), nil
}

func (c *chat) moveNow(rest string) (Reply, error) {
	f := strings.Fields(rest)
	if len(f) != 3 {
		return c.menu(sayGone)
	}
	r, err := c.scope.Resident(f[2])
	if err == nil {
		err = c.saved(brief(r), func() error { return erasure.MoveResident(c.scope, f[2], f[0], strings.Trim(f[1], "-"), c.m.At) })
	}
	switch {
	case errors.Is(err, record.ErrScope):
		return Reply{Text: sayMoveOffice}, nil
	case errors.Is(err, record.ErrSelfOnly):
		return Reply{Text: fmt.Sprintf(sayMoveOwn, r.Name)}, nil
	case isNotFound(err):
		return Reply{Text: sayMoveHow}, nil
	case err != nil:
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayMovedTo, r.Name)}, nil
}

// closeSaid is 去世 and 搬走: whose card is closed.
func (c *chat) closeSaid(why, rest string) (Reply, error) {
	if rest == "" {
		return Reply{Text: sayCloseHow}, nil
	}
	id, r, asked, err := c.whom(rest, "close-ask "+why)
	if err != nil || asked {
		return r, err
	}
	return c.closeAsk(why + " " + id)
}

func (c *chat) closeAsk(rest string) (Reply, error) {
	_, id, _ := strings.Cut(rest, " ")
	r, err := c.scope.Open(id, c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayShutAsk, label(r)), dialogstate.Option{Label: labelCloseYes, Do: "person-close " + rest}, dialogstate.Option{Label: labelCloseNo, Do: "none"}), nil
}

func (c *chat) closeCard(rest string) (Reply, error) {
	why, id, _ := strings.Cut(rest, " ")
	r, err := c.scope.Resident(id)
	if err == nil {
		err = c.saved(brief(r), func() error { return erasure.Deactivate(c.scope, id, why, c.m.At) })
	}
	switch {
	case isNotFound(err):
		return c.menu(sayGone)
	case errors.Is(err, record.ErrSelfOnly):
		return c.offer(fmt.Sprintf(sayCloseOwn, r.Name), dialogstate.Option{Label: labelOralStop, Do: "oral stop " + id}, dialogstate.Option{Label: labelCloseNo, Do: "none"}), nil
	case err != nil:
		return Reply{}, err
	}
	return Reply{Text: sayShut}, nil
}

// reopenSaid is 恢复: a card that was closed by mistake.
func (c *chat) reopenSaid(rest string) (Reply, error) {
	all, err := erasure.Deactivations(c.scope, rest)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{Text: sayReopenNone}, nil
	}
	if rest != "" && len(all) == 1 {
		return c.reopen(all[0].Resident)
	}
	var offers []dialogstate.Option
	for _, k := range all[:min(len(all), 8)] {
		offers = append(offers, dialogstate.Option{Label: strings.TrimSpace(k.Name + " " + k.Group), Do: "reopen " + k.Resident})
	}
	return c.offer(sayReopenWhich, append(offers, dialogstate.Option{Label: labelCloseNo, Do: "none"})...), nil
}

func (c *chat) reopen(id string) (Reply, error) {
	r, err := erasure.Reactivate(c.scope, id, c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	return Reply{Text: fmt.Sprintf(sayReopened, brief(r))}, err
}

// nick is 叫法 郭敏 老王家二儿媳: what she is called in the village, by which she is
// found; staff alone sees it.
func (c *chat) nick(rest string) (Reply, error) {
	name, called, _ := strings.Cut(rest, " ")
	if called = strings.TrimSpace(called); name == "" || called == "" || len([]rune(called)) > 16 {
		return Reply{Text: sayNickHow}, nil
	}
	id, r, asked, err := c.whom(name, "nick "+called)
	if err != nil || asked {
		return r, err
	}
	return c.nickNow(called + " " + id)
}

func (c *chat) nickNow(rest string) (Reply, error) {
	called, id := rest[:strings.LastIndex(rest, " ")], rest[strings.LastIndex(rest, " ")+1:]
	err := c.saved(called, func() error { return c.scope.SetNick(id, called) })
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	return Reply{Text: fmt.Sprintf(sayNicked, called)}, err
}
