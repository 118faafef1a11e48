// Package kubernetes tests the manifests beside it, against the types of Kubernetes' API.
package kubernetes

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

// read reads the objects of a file. A key that the types do not have is an error.
func read(t *testing.T, path string) (objects []any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data))); ; {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects
		}
		require.NoError(t, err)
		var kind struct{ APIVersion, Kind string }
		require.NoError(t, strict.Unmarshal(document, &kind))
		object, ok := map[string]any{
			"v1 ConfigMap": &core.ConfigMap{}, "v1 PersistentVolumeClaim": &core.PersistentVolumeClaim{},
			"batch/v1 CronJob": &batch.CronJob{}, "batch/v1 Job": &batch.Job{},
		}[kind.APIVersion+" "+kind.Kind]
		require.True(t, ok, "%s: unexpected kind %v", path, kind)
		require.NoError(t, strict.UnmarshalStrict(document, object), path)
		objects = append(objects, object)
	}
}

func TestAPodMayDoNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"cronjob.yaml", "indexed-job.yaml"} {
		t.Run(path, func(t *testing.T) {
			pods := 0
			for _, object := range read(t, path) {
				var pod *core.PodSpec
				switch o := object.(type) {
				case *batch.CronJob:
					pod = &o.Spec.JobTemplate.Spec.Template.Spec
				case *batch.Job:
					pod = &o.Spec.Template.Spec
				default:
					continue
				}
				pods++
				assert.True(t, *pod.SecurityContext.RunAsNonRoot)
				assert.False(t, *pod.AutomountServiceAccountToken)
				container := pod.Containers[0]
				assert.True(t, *container.SecurityContext.ReadOnlyRootFilesystem)
				assert.False(t, *container.SecurityContext.AllowPrivilegeEscalation)
				assert.Equal(t, []core.Capability{"ALL"}, container.SecurityContext.Capabilities.Drop)
				assertImage(t, pod)
				assertVolumes(t, pod)
			}
			assert.Equal(t, 1, pods)
		})
	}
}

// assertImage says that the image is the one that the README builds, and that the pod runs as the image's user.
func assertImage(t *testing.T, pod *core.PodSpec) {
	t.Helper()
	const dockerfile = "contract/cmd/glagents/Dockerfile"
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	assert.Contains(t, string(readme), "docker build --file "+dockerfile+" --tag "+pod.Containers[0].Image+" .")
	image, err := os.ReadFile("../../" + dockerfile)
	require.NoError(t, err)
	user := fmt.Sprintf("\nUSER %d:%d\n", *pod.SecurityContext.RunAsUser, *pod.SecurityContext.RunAsGroup)
	assert.Contains(t, string(image), user)
}

// assertVolumes says that each mount has its volume, and that the tokens come from a Secret.
func assertVolumes(t *testing.T, pod *core.PodSpec) {
	t.Helper()
	secrets, volumes := 0, make(map[string]bool)
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		if v.Secret != nil {
			secrets++
		}
	}
	assert.Equal(t, 1, secrets)
	for _, m := range pod.Containers[0].VolumeMounts {
		assert.True(t, volumes[m.Name], "there is no volume %s", m.Name)
	}
}

func TestTheIndexedJobTellsEachPodHowManyThereAre(t *testing.T) {
	t.Parallel()
	for _, object := range read(t, "indexed-job.yaml") {
		job, ok := object.(*batch.Job)
		if !ok {
			continue
		}
		assert.Equal(t, batch.IndexedCompletion, *job.Spec.CompletionMode)
		for _, v := range job.Spec.Template.Spec.Containers[0].Env {
			if v.Name == "JOB_COMPLETIONS" {
				assert.Equal(t, fmt.Sprint(*job.Spec.Completions), v.Value)
				return
			}
		}
	}
	t.Error("JOB_COMPLETIONS is not set")
}

func TestAnUnknownKeyIsAnError(t *testing.T) {
	t.Parallel()
	assert.Error(t, strict.UnmarshalStrict([]byte("apiVersion: batch/v1\nkind: Job\nspec: {completion: 4}\n"), &batch.Job{}))
}
