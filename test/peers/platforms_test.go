package peers

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestBuildsElsewhere builds the program for systems that the other tests do not
// run on, and lets the standard library's readers say what came out.
func TestBuildsElsewhere(t *testing.T) {
	tests := []struct {
		os, arch string
		read     func(file string) (machine string, err error)
		machine  string
	}{
		{"windows", "amd64", machineOfPE, fmt.Sprint(pe.IMAGE_FILE_MACHINE_AMD64)},
		{"darwin", "arm64", machineOfMachO, macho.CpuArm64.String()},
		{"darwin", "amd64", machineOfMachO, macho.CpuAmd64.String()},
		{"linux", "arm64", machineOfELF, elf.EM_AARCH64.String()},
	}
	for _, tt := range tests {
		t.Run(tt.os+"/"+tt.arch, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "idpsync")
			build(t, file, "GOOS="+tt.os, "GOARCH="+tt.arch, "CGO_ENABLED=0")
			machine, err := tt.read(file)
			if err != nil {
				t.Fatal(err)
			}
			if machine != tt.machine {
				t.Errorf("built for machine %s, want %s", machine, tt.machine)
			}
		})
	}
}

func build(t *testing.T, file string, env ...string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", file, "./cmd/idpsync")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), env...)
	if _, err := run(5*time.Minute, cmd); err != nil {
		t.Fatal(err)
	}
}

func machineOfPE(file string) (string, error) {
	f, err := pe.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return fmt.Sprint(f.Machine), nil
}

func machineOfMachO(file string) (string, error) {
	f, err := macho.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.Cpu.String(), nil
}

func machineOfELF(file string) (string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.Machine.String(), nil
}
