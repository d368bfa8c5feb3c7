package ops

import "xintiexin/storage/townconfig"

// The limits of backups and of the server's disk.
var (
	BackupDays = townconfig.NewLimit("backup_days", 30, 7, 90, "备份留多少天")
	// DiskFreeMB counts MiB. The alarm ends when a tenth more is free.
	DiskFreeMB = townconfig.NewLimit("disk_free_mb", 1024, 100, 1000000, "服务器的盘少于多少MB就报警")
)
