package site_test

import (
	"testing"

	"xintiexin/flows/site"
)

func TestTheBuiltinSite(t *testing.T) {
	s := site.Builtin()
	if len(s.Consents) != 8 {
		t.Errorf("%d consents", len(s.Consents))
	}
	book := site.Tables(&s)
	again, findings := site.Read(book, site.Options{})
	_ = again
	for _, f := range findings {
		t.Log(f)
	}
}
