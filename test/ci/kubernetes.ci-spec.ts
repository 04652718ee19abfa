import { load } from 'js-yaml';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { parseEnvironment } from '../../src/config/environment.js';
import { productionWarnings } from '../../src/config/production.js';
import { faultsOf, type Manifest } from './support/kubernetes-types.js';

const ROOT = resolve(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'deploy', 'kubernetes');

interface Port {
  readonly name: string;
  readonly containerPort: number;
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
}
interface PodContainer {
  readonly image: string;
  readonly command?: readonly string[];
  readonly envFrom: readonly [{ configMapRef: { name: string } }, { secretRef: { name: string } }];
  readonly securityContext: object;
}
interface ApiContainer extends PodContainer {
  readonly ports: readonly Port[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}
interface Deployment extends Manifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly strategy: { readonly rollingUpdate: { readonly maxSurge: number } };
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly automountServiceAccountToken: boolean;
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: object;
        readonly initContainers: readonly PodContainer[];
        readonly containers: readonly [ApiContainer];
        readonly volumes: readonly [{ readonly emptyDir: { readonly sizeLimit: string } }];
      };
    };
  };
}
interface Autoscaler extends Manifest {
  readonly spec: { readonly maxReplicas: number };
}
interface Kustomization {
  readonly images: readonly [{ readonly name: string }];
  readonly configMapGenerator: readonly [{ readonly name: string; readonly envs: readonly [string] }];
  readonly resources: readonly string[];
}

const read = (...path: string[]): unknown => load(readFileSync(join(...path), 'utf8'));
const kustomization = read(FOLDER, 'kustomization.yaml') as Kustomization;
const manifests = kustomization.resources.map((file) => read(FOLDER, file) as Manifest);
const manifestOf = (kind: string) => manifests.find((one) => one.kind === kind)!;
const deployment = manifestOf('Deployment') as Deployment;
const pod = deployment.spec.template.spec;
const [apiContainer] = pod.containers;
const containers = [...pod.initContainers, ...pod.containers];
const [generated] = kustomization.configMapGenerator;
const settings = parseEnv(readFileSync(join(FOLDER, generated.envs[0]), 'utf8')) as Record<string, string>;
/** What the secret holds. */
const secrets = {
  DATABASE_URL: 'postgres://db.example.com/expenses?sslmode=verify-full',
  REDIS_URL: 'rediss://redis.example.com',
};
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

/** Checks a manifest against the schema of the Kubernetes API: formats, too. @throws Error that names what is wrong */
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
      expect(faultsOf(manifest)).toEqual([]);
    },
  );

  it('would be refused with a fault, or with a name that is misspelt', async () => {
    const unmeasured = [{ name: 'api', resources: { limits: { memory: 'much' } } }];
    const spec = { ...deployment.spec, template: { spec: { containers: unmeasured } } };
    await expect(validate({ ...deployment, spec } as Manifest)).rejects.toThrow('memory');
    const misspelt = { ...deployment, spec: { ...deployment.spec, replica: 2 } };
    expect(faultsOf(misspelt)).toEqual([expect.stringContaining('"replica"')]);
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

  it('call the ports of the API by their names, and these are the ones it listens on', () => {
    const { startupProbe, livenessProbe, readinessProbe } = apiContainer;
    const called = JSON.stringify([manifestOf('Service'), manifestOf('NetworkPolicy')]).matchAll(
      /"(?:targetPort|port)":"(\w+)"/g,
    );
    const names = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.port);
    const known = Object.fromEntries(
      apiContainer.ports.map(({ name, containerPort }) => [name, containerPort]),
    );
    const environment = parseEnvironment({ ...settings, ...secrets }, []);
    expect(known).toEqual({ http: environment.PORT, metrics: environment.METRICS_PORT });
    expect([...names, ...[...called].map(([, name]) => name)]).toEqual([
      // The probes; the service and both rules of the policy.
      'http',
      'http',
      'http',
      'http',
      'http',
      'metrics',
    ]);
  });

  it('ask whether the API has started and lives, and whether it is ready, apart', () => {
    const { startupProbe, livenessProbe, readinessProbe } = apiContainer;
    const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path);
    expect(paths).toEqual(['/health/live', '/health/live', '/health/ready']);
  });

  it('let the pod do as little as its namespace demands, and less', () => {
    expect(manifestOf('Namespace')).toMatchObject({
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    // The user `node` of the image.
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const { securityContext } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('name what there is: the image, the settings, the secret of the README, the program, the Deployment', () => {
    const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
    const secret = /create secret generic (\S+)/.exec(readme)![1]!;
    for (const { image, envFrom } of containers) {
      expect(image).toBe(kustomization.images[0].name);
      expect(envFrom).toEqual([{ configMapRef: { name: generated.name } }, { secretRef: { name: secret } }]);
    }
    const [program] = pod.initContainers.map(({ command }) => command![1]!);
    expect(existsSync(join(ROOT, program!.replace(/^dist\/(.*)\.js$/, 'src/$1.ts')))).toBe(true);
    expect(manifestOf('HorizontalPodAutoscaler')).toMatchObject({
      spec: { scaleTargetRef: { kind: 'Deployment', name: deployment.metadata.name } },
    });
  });

  it('have the settings that the API accepts in production, without a warning', () => {
    const environment = parseEnvironment({ ...settings, ...secrets }, Object.keys(settings));
    expect(productionWarnings(environment)).toEqual([]);
    const { SHUTDOWN_GRACE, SHUTDOWN_TIMEOUT } = environment;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(SHUTDOWN_GRACE + SHUTDOWN_TIMEOUT);
    // Whether a pod is ready is asked before it stops to listen.
    expect(apiContainer.readinessProbe.periodSeconds).toBeLessThan(SHUTDOWN_GRACE);
  });

  it('take no more connections of PostgreSQL than it gives, during an update of all pods either', () => {
    const { DATABASE_POOL_SIZE } = parseEnvironment({ ...settings, ...secrets }, []);
    const { maxReplicas } = (manifestOf('HorizontalPodAutoscaler') as Autoscaler).spec;
    const { maxSurge } = deployment.spec.strategy.rollingUpdate;
    // By default 100, three of which are kept for superusers.
    expect((maxReplicas + maxSurge) * (DATABASE_POOL_SIZE + 1)).toBeLessThan(97);
  });

  it('have the probes and numbers of compose.yaml and of the image', () => {
    const { resources, livenessProbe } = apiContainer;
    expect(healthCheck).toContain(livenessProbe.httpGet.path);
    expect(healthCheck).toContain(`--interval=${livenessProbe.periodSeconds}s`);
    expect(healthCheck).toContain(`--timeout=${livenessProbe.timeoutSeconds}s`);
    expect(`${parseInt(resources.limits.memory, 10)}m`).toBe(compose.mem_limit);
    expect(compose.tmpfs[0]).toContain(`size=${parseInt(pod.volumes[0].emptyDir.sizeLimit, 10)}m`);
    expect(compose.stop_grace_period).toBe(`${pod.terminationGracePeriodSeconds}s`);
  });
});
