package diagnostic

var toldWatch = rows{
	{"the system cannot watch %s (%v); it is looked at every %s instead", "系统无法监视 %s（%s）；改为每 %s 查看一次"},
	{"on Linux a higher fs.inotify.max_user_watches and fs.inotify.max_user_instances help", "在 Linux 上，调高 fs.inotify.max_user_watches 和 fs.inotify.max_user_instances 会有帮助"},
	{"it stopped telling", "它不再发出通知"},
}
