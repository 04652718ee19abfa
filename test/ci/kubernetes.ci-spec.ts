import { load } from 'js-yaml';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { parseEnvironment } from '../../src/config/environment.js';
import { productionWarnings } from '../../src/config/production.js';

const ROOT = resolve(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'deploy', 'kubernetes');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}
interface Probe {
  readonly httpGet: { readonly path: string };
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
}
interface Deployment extends Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: [
          { resources: { limits: { memory: string } }; livenessProbe: Probe; readinessProbe: Probe },
        ];
        readonly volumes: [{ emptyDir: { sizeLimit: string } }];
      };
    };
  };
}

const read = (...path: string[]): unknown => load(readFileSync(join(...path), 'utf8'));
const kustomization = read(FOLDER, 'kustomization.yaml') as { resources: string[] };
const manifests = kustomization.resources.map((file) => read(FOLDER, file) as Manifest);
const deployment = manifests.find(({ kind }) => kind === 'Deployment') as Deployment;
const pod = deployment.spec.template.spec;
interface Compose {
  readonly services: {
    readonly api: {
      readonly mem_limit: string;
      readonly tmpfs: [string];
      readonly stop_grace_period: string;
    };
  };
}
const { api: compose } = (read(ROOT, 'compose.yaml') as Compose).services;
const healthCheck = /HEALTHCHECK .*/.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))![0];

/** Checks a manifest against the schema of the Kubernetes API. @throws Error that names what is wrong */
async function validate(manifest: Manifest): Promise<void> {
  const models = (await import(`kubernetes-models/${manifest.apiVersion}`)) as Record<
    string,
    new (manifest: Manifest) => { validate(): void }
  >;
  new models[manifest.kind]!(manifest).validate();
}

describe('the manifests for Kubernetes', () => {
  it('are what one needs', () => {
    expect(manifests.map(({ kind }) => kind).toSorted()).toEqual([
      'Deployment',
      'HorizontalPodAutoscaler',
      'Namespace',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
    ]);
  });

  it.each(manifests.map((manifest) => [manifest.kind, manifest] as const))(
    'the %s is as the API of Kubernetes has it',
    async (_kind, manifest) => {
      await validate(manifest);
    },
  );

  it('would be refused with a fault', async () => {
    const broken = structuredClone(deployment) as unknown as {
      spec: { template: { spec: { containers: object[] } } };
    };
    broken.spec.template.spec.containers[0] = { image: 'expenses-api', ports: [{ containerPort: 'http' }] };
    await expect(validate(broken as unknown as Manifest)).rejects.toThrow(/containerPort|name/);
  });

  it('select the pods that the Deployment makes', () => {
    const { labels } = deployment.spec.template.metadata;
    const selectors = manifests.flatMap((manifest) => {
      const { spec } = manifest as Manifest & { spec?: Record<string, { matchLabels?: object } | undefined> };
      const selector = spec?.selector ?? spec?.podSelector;
      return selector ? [selector.matchLabels ?? selector] : [];
    });
    expect(selectors).toEqual([labels, labels, labels, labels]);
  });

  it('have the settings that the API accepts in production, without a warning', () => {
    const settings = parseEnv(readFileSync(join(FOLDER, 'settings.env'), 'utf8')) as Record<string, string>;
    const secrets = {
      DATABASE_URL: 'postgres://db.example.com/expenses?sslmode=verify-full',
      REDIS_URL: 'rediss://redis.example.com',
    };
    const environment = parseEnvironment({ ...settings, ...secrets }, Object.keys(settings));
    expect(productionWarnings(environment)).toEqual([]);
    const { SHUTDOWN_GRACE, SHUTDOWN_TIMEOUT } = environment;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(SHUTDOWN_GRACE + SHUTDOWN_TIMEOUT);
    // Whether a pod is ready is asked before it stops to listen.
    expect(pod.containers[0].readinessProbe.periodSeconds).toBeLessThan(SHUTDOWN_GRACE);
  });

  it('have the probes and numbers of compose.yaml and of the image', () => {
    const [{ resources, livenessProbe }] = pod.containers;
    expect(healthCheck).toContain(livenessProbe.httpGet.path);
    expect(healthCheck).toContain(`--interval=${livenessProbe.periodSeconds}s`);
    expect(healthCheck).toContain(`--timeout=${livenessProbe.timeoutSeconds}s`);
    expect(`${parseInt(resources.limits.memory, 10)}m`).toBe(compose.mem_limit);
    expect(compose.tmpfs[0]).toContain(`size=${parseInt(pod.volumes[0].emptyDir.sizeLimit, 10)}m`);
    expect(compose.stop_grace_period).toBe(`${pod.terminationGracePeriodSeconds}s`);
  });
});
