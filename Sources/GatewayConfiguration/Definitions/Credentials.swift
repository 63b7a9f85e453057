// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewaySchema

/// The credentials of a provider service that is defined by REST: each a secret itself, or a reference to one.
struct Credentials {
    /// By key.
    var secrets: [String: String] = [:]
    /// The entries of a definition that refer to secrets.
    private(set) var references: [FileNode.Entry] = []
    /// The keys that were named without a value, as they are read.
    private var unchanged: Set<String> = []

    /// Takes the credentials out of the entries of a definition.
    init(takenFrom entries: inout [FileNode.Entry]) {
        for entry in entries {
            if UnityCatalogProviderService.referenceKeys.contains(entry.key) {
                references.append(entry)
            } else if UnityCatalogProviderService.secretKeys.contains(entry.key) {
                if let text = entry.value.text { secrets[entry.key] = text } else { unchanged.insert(entry.key) }
            }
        }
        let keys = UnityCatalogProviderService.secretKeys.union(UnityCatalogProviderService.referenceKeys)
        entries.removeAll { keys.contains($0.key) }
    }

    /// These in place of earlier ones: a change without a credential keeps what there is (control plane, 1.2), and so does a key without a value.
    func over(_ earlier: Credentials) -> Credentials {
        guard !secrets.isEmpty || !references.isEmpty else { return earlier }
        var result = self
        for key in unchanged {
            result.secrets[key] = earlier.secrets[key]
            result.references += earlier.references.filter { $0.key == key + SecretSources.referenceSuffix }
        }
        return result
    }
}
