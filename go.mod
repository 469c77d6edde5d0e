module clubos

go 1.26
