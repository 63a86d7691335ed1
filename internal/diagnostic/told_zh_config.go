package diagnostic

var toldConfig = rows{
	// files.go, load.go
	{"too large", "太大"},
	{"not a regular file", "不是普通文件"},
	{"no %s in %s or any folder above it", "%[2]s 及其上级文件夹中没有 %[1]s"},
	{"project folder: %w", "项目文件夹：%s"},
	{"no %s in %s", "%[2]s 中没有 %[1]s"},
	// fmt_files.go
	{"it was changed by somebody else a moment ago", "刚才有别人修改了它"},
	{"it is a link that leads out of the project", "它是一个指向项目之外的链接"},
	// fleet.go
	{"fleet file %s: %s", "fleet 文件 %s：%s"},
	{"fleet file %s: %w", "fleet 文件 %s：%w"},
}
