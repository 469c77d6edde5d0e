package deploytest

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// mebibytes reads a size as Docker writes it, 1g or 64m.
func mebibytes(t *testing.T, size string) int {
	t.Helper()
	in, ok := map[byte]int{'m': 1, 'g': 1024}[size[max(0, len(size)-1)]]
	n, err := strconv.Atoi(size[:max(0, len(size)-1)])
	if !ok || err != nil {
		t.Fatalf("%q is no size like 1g or 64m", size)
	}
	return in * n
}

// TestAReplicaAdmitsLessBeforeTheKernelEndsIt compares what the program may take with what its container may: files
// in a tmpfs count there, too. For the chart, which reckons the one from the other, tools/kube does so.
func TestAReplicaAdmitsLessBeforeTheKernelEndsIt(t *testing.T) {
	t.Parallel()
	sizes := regexp.MustCompile(`size=(\w+)`)
	replicas := 0
	for name, s := range readCompose(t).Services {
		if !strings.HasPrefix(name, "clubos-") {
			continue
		}
		replicas++
		limit, err := strconv.Atoi(s.Environment["PERFORMANCE_MEMORY_LIMIT"])
		if err != nil {
			t.Errorf("%s: PERFORMANCE_MEMORY_LIMIT: %v", name, err)
		}
		most, files := mebibytes(t, s.MemLimit), 0
		for _, m := range sizes.FindAllStringSubmatch(strings.Join(s.Tmpfs, " "), -1) {
			files += mebibytes(t, m[1])
		}
		if room := most - limit - files; limit < most/2 || room < most/10 {
			t.Errorf("%s admits less from %d MiB on and has %d MiB of files, of %d MiB: %d are left", name, limit, files, most, room)
		}
	}
	if replicas < 2 {
		t.Errorf("%d replicas", replicas)
	}
}

func TestAnIngressKeepsABrowserAtItsReplica(t *testing.T) {
	t.Parallel()
	for _, chart := range []string{"helm/clubos", "helm/clubos-front"} {
		var values struct {
			Ingress struct {
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"ingress"`
		}
		if err := yaml.Unmarshal([]byte(read(t, chart+"/values.yaml")), &values); err != nil {
			t.Fatal(err)
		}
		if got := values.Ingress.Annotations["nginx.ingress.kubernetes.io/affinity"]; got != "cookie" {
			t.Errorf("%s: pages and what they are made of may come from two replicas: affinity is %q", chart, got)
		}
	}
}
