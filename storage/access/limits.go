package access

import "xintiexin/storage/townconfig"

// The limits of links, web sessions and PINs.
var (
	LinkMinutes    = townconfig.NewLimit("link_minutes", 10, 2, 60, "网页链接几分钟内点开")
	OfficeMinutes  = townconfig.NewLimit("office_minutes", 30, 5, 120, "办公室网页几分钟没动就关上")
	PINTries       = townconfig.NewLimit("pin_tries", 5, 3, 10, "密码错几次就锁")
	PINLockMinutes = townconfig.NewLimit("pin_lock_minutes", 30, 5, 1440, "锁多少分钟")
)
