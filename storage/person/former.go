package person

import (
	"xintiexin/storage/record"
)

func GoneHash(tx *record.Tx, name, phone, village string) string {
	if phone != "" {
		return tx.Hash("gone", name, phone)
	}
	return tx.Hash("gone", name, "", village)
}
