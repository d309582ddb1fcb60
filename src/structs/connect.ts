/** The certificate authority of the mesh. Field order is declaration order (an array form is read by it). */
import { QueryMeta, RaftIndex, WriteRequest } from './common.ts';
import {
  any,
  bool,
  type Infer,
  int64,
  jsonSkip,
  map,
  omitEmpty,
  ptr,
  slice,
  str,
  struct,
  time,
  u64,
} from './schema.ts';

export const CASignRequest = struct('CASignRequest', {
  Datacenter: str,
  CSR: str,
  ...WriteRequest.type.fields,
});
export type CASignRequest = Infer<typeof CASignRequest>;

export const IssuedCert = struct('IssuedCert', {
  SerialNumber: str,
  CertPEM: str,
  PrivateKeyPEM: omitEmpty(str),
  Service: omitEmpty(str),
  ServiceURI: omitEmpty(str),
  Agent: omitEmpty(str),
  AgentURI: omitEmpty(str),
  ValidAfter: time,
  ValidBefore: time,
  ...RaftIndex.type.fields,
});
export type IssuedCert = Infer<typeof IssuedCert>;

export const CARoot = struct('CARoot', {
  ID: str,
  Name: str,
  SerialNumber: u64,
  SigningKeyID: str,
  ExternalTrustDomain: str,
  NotBefore: time,
  NotAfter: time,
  RootCert: str,
  IntermediateCerts: slice(str),
  SigningCert: omitEmpty(str),
  SigningKey: omitEmpty(str),
  Active: bool,
  RotatedOutAt: jsonSkip(time),
  PrivateKeyType: str,
  PrivateKeyBits: int64,
  ...RaftIndex.type.fields,
});
export type CARoot = Infer<typeof CARoot>;

export const IndexedCARoots = struct('IndexedCARoots', {
  ActiveRootID: str,
  TrustDomain: str,
  Roots: slice(CARoot),
  ...QueryMeta.type.fields,
});
export type IndexedCARoots = Infer<typeof IndexedCARoots>;

export const SignedResponse = struct('SignedResponse', {
  IssuedCert: IssuedCert,
  ConnectCARoots: IndexedCARoots,
  ManualCARoots: slice(str),
  GossipKey: str,
  VerifyServerHostname: bool,
});
export type SignedResponse = Infer<typeof SignedResponse>;

export const CAConfiguration = struct('CAConfiguration', {
  ClusterID: jsonSkip(str),
  Provider: str,
  Config: map(any),
  State: map(str),
  ForceWithoutCrossSigning: bool,
  ...RaftIndex.type.fields,
});
export type CAConfiguration = Infer<typeof CAConfiguration>;

export const CAConsulProviderState = struct('CAConsulProviderState', {
  ID: str,
  PrivateKey: str,
  RootCert: str,
  IntermediateCert: str,
  ...RaftIndex.type.fields,
});
export type CAConsulProviderState = Infer<typeof CAConsulProviderState>;

export const CARequest = struct('CARequest', {
  Op: str,
  Datacenter: str,
  Index: u64,
  Roots: slice(CARoot),
  Config: ptr(CAConfiguration),
  ProviderState: ptr(CAConsulProviderState),
  ...WriteRequest.type.fields,
});
export type CARequest = Infer<typeof CARequest>;

export const CALeafRequest = struct('CALeafRequest', {
  Op: str,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type CALeafRequest = Infer<typeof CALeafRequest>;
