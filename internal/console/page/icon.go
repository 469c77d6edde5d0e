package page

// iconPaths returns the strokes of an icon on a grid of 24. An unknown name draws nothing; a test
// asks for each name that a template uses.
func iconPaths(name string) []string {
	switch name {
	case "inbox":
		return []string{"M4 13V6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5V13", "M4 13h4.5l1.5 3h4l1.5-3H20v4.5a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 4 17.5z"}
	case "ticket":
		return []string{"M4 9V7a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v2a3 3 0 0 0 0 6v2a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-2a3 3 0 0 0 0-6z", "M14 5v2m0 4v2m0 4v2"}
	case "calendar":
		return []string{"M5 6h14a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1z", "M4 10.5h16M8 3.5V7m8-3.5V7"}
	case "map":
		return []string{"M12 21s7-5.8 7-11.5A7 7 0 0 0 5 9.5C5 15.2 12 21 12 21z", "M12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"}
	case "users":
		return []string{"M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M2.5 20c.3-3.6 2.9-6 6.5-6s6.2 2.4 6.5 6", "M16 4.5a3.3 3.3 0 0 1 0 6.200M18 14.5c2 .8 3.2 2.8 3.5 5.5"}
	case "user":
		return []string{"M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.5 20.5c.4-3.8 3.4-6 7.5-6s7.1 2.2 7.5 6"}
	case "book":
		return []string{"M5 4.5A1.5 1.5 0 0 1 6.5 3H19v18H7a2 2 0 0 1-2-2z", "M5 18.5A2 2 0 0 1 7 17h12M9 7.5h6M9 11h4"}
	case "spark":
		return []string{"M12 3.5l1.9 5.100a2.6 2.6 0 0 0 1.5 1.5l5.1 1.9-5.1 1.900a2.6 2.6 0 0 0-1.5 1.5L12 20.5l-1.9-5.100a2.6 2.6 0 0 0-1.5-1.5L3.5 12l5.1-1.900a2.6 2.6 0 0 0 1.5-1.5z"}
	case "bulb":
		return []string{"M9.500 17.500h5M10.500 20.500h3", "M12 3.500a6 6 0 0 0-3.500 10.900c.700.500 1 1.300 1 2.100v1h5v-1c0-.800.300-1.600 1-2.100A6 6 0 0 0 12 3.500z"}
	case "chart":
		return []string{"M4 4v15.500a.5.5 0 0 0 .5.5H20", "M8 15.500l3.500-4.500 3 2.500L19 7.500"}
	case "log":
		return []string{"M6 3.5h9l4 4V20a.5.5 0 0 1-.5.5h-12.5A.5.5 0 0 1 5.5 20V4a.5.5 0 0 1 .5-.5z", "M9 10h6M9 13.5h6M9 17h3.5"}
	case "pulse":
		return []string{"M3 12h4l2.5-6.5 4.5 13 2.8-6.5H21"}
	case "gear":
		return []string{"M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z", "M12 2.800v2.700m0 13v2.700M5.5 5.5l1.9 1.900m9.2 9.200l1.9 1.900M2.8 12h2.700m13 0h2.700M5.5 18.5l1.9-1.900m9.2-9.200l1.9-1.9"}
	case "shield":
		return []string{"M12 3l7.5 2.800V11c0 4.7-3 8.3-7.5 10-4.5-1.7-7.5-5.3-7.5-10V5.800z", "M9 11.800l2.2 2.2 4-4.2"}
	case "key":
		return []string{"M8 19a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z", "M11.3 11.300L19.5 3m-3.5 3.600l3 3"}
	case "sun":
		return []string{"M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z", "M12 2.5v2m0 15v2M5.3 5.300l1.4 1.400m10.6 10.600l1.4 1.400M2.5 12h2m15 0h2M5.3 18.700l1.4-1.400m10.6-10.600l1.4-1.4"}
	case "moon":
		return []string{"M20 14.300A8.3 8.3 0 0 1 9.7 4a8.3 8.3 0 1 0 10.3 10.300z"}
	case "auto":
		return []string{"M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 3.5v17M12 8h7.300M12 12h8.5M12 16h7.3"}
	case "search":
		return []string{"M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M16.2 16.200L20.5 20.5"}
	case "more":
		return []string{"M5.5 12.4a.4.4 0 1 0 0-.8.4.4 0 0 0 0 .8zM12 12.4a.4.4 0 1 0 0-.8.4.4 0 0 0 0 .8zM18.5 12.4a.4.4 0 1 0 0-.8.4.4 0 0 0 0 .8z"}
	case "menu":
		return []string{"M4 7h16M4 12h16M4 17h16"}
	case "back":
		return []string{"M14.5 5l-7 7 7 7"}
	case "next":
		return []string{"M9.5 5l7 7-7 7"}
	case "down":
		return []string{"M6 9.5l6 6 6-6"}
	case "x":
		return []string{"M6 6l12 12M18 6L6 18"}
	case "check":
		return []string{"M5 12.5l4.5 4.5L19 7.5"}
	case "checks":
		return []string{"M2.5 12.5L7 17l8.5-9.5M11.5 16l1 1L21 7.5"}
	case "clock":
		return []string{"M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 7.5V12l3 2"}
	case "alert":
		return []string{"M12 4L2.8 19.5h18.400z", "M12 10v4m0 2.800v.01"}
	case "info":
		return []string{"M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 11v5m0-8.200v.01"}
	case "send":
		return []string{"M20.5 3.5L10 14M20.5 3.5l-6.5 17-4-6.5-6.5-4z"}
	case "note":
		return []string{"M5 4h14v10.5L14.5 20H5z", "M19 14.5h-4.5V20"}
	case "edit":
		return []string{"M14.5 5.5l4 4L8.5 19.5l-4.8.8.8-4.800z"}
	case "hand":
		return []string{"M4 12a8 8 0 0 1 13.7-5.600L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.600L4 15.5M4 20v-4.5h4.5"}
	case "merge":
		return []string{"M7 4v5c0 3 5 4 5 7v4M17 4v5c0 3-5 4-5 7"}
	case "flag":
		return []string{"M6 21V4m0 .5c4-2 7 2 12 0v9c-5 2-8-2-12 0"}
	case "door":
		return []string{"M7 20.5V4.5h10v16M4 20.5h16M13.8 12.5v.01"}
	case "cpu":
		return []string{"M7 7h10v10H7z", "M10 3.5V7m4-3.5V7m-4 10v3.5m4-3.5v3.5M3.5 10H7m-3.5 4H7m10-4h3.5M17 14h3.5"}
	case "screen":
		return []string{"M3.5 5h17v11.5h-17z", "M8.5 20h7M12 16.5V20"}
	case "wifi":
		return []string{"M3 9.5a13 13 0 0 1 18 0M6.2 13a8.5 8.5 0 0 1 11.6 0M9.3 16.400a4 4 0 0 1 5.4 0M12 19.5v.01"}
	case "target":
		return []string{"M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z"}
	case "plus":
		return []string{"M12 5v14M5 12h14"}
	case "copy":
		return []string{"M9 9h10.5v11.5H9z", "M15 9V4.5H4.5V15H9"}
	case "clip":
		return []string{"M19.5 11l-7.8 7.800a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.400l-8 8a1.5 1.5 0 0 1-2.2-2.200l7.3-7.3"}
	case "bolt":
		return []string{"M13 3L5.5 13.5H12L11 21l7.5-10.5H12z"}
	case "out":
		return []string{"M14 4.5H6a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h8M10 12h10.5m-3.5-3.5L20.5 12 17 15.5"}
	case "history":
		return []string{"M4 12a8 8 0 1 0 2.5-5.800L4 8.5M4 4v4.5h4.5M12 8v4.300l3 1.7"}
	case "panel":
		return []string{"M4 5h16v14H4z", "M14.5 5v14"}
	case "upload":
		return []string{"M12 16V4m0 0-5 5m5-5 5 5", "M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"}
	case "download":
		return []string{"M12 4v12m0 0-5-5m5 5 5-5", "M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"}
	case "wrench":
		return []string{"M14.7 6.3a4 4 0 0 0-5.4 5.2L4 16.8 7.2 20l5.3-5.3a4 4 0 0 0 5.2-5.4L15 12l-3-3z"}
	case "archive":
		return []string{"M4 5h16v4H4z", "M6 9v10h12V9", "M10 13h4"}
	case "bell":
		return []string{"M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15z", "M10 21h4"}
	case "keys":
		return []string{"M3 7h18v10.5H3z", "M7 10.5v.01m3.3-.01v.01m3.4-.01v.01m3.3-.01v.01M8 14.200h8"}
	}
	return nil
}
