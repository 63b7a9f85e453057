// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The environment variables that stand for the secrets of an exported configuration.
struct ExportedVariables {
    /// What each variable is for, by its name.
    private var purposes: [String: String] = [:]
    /// Names that the configuration file uses already.
    private var named: Set<String> = []

    /// Sorted.
    var names: [String] { purposes.keys.sorted() }

    /// Notes the variables that a text of the configuration file names.
    mutating func note(in text: String) {
        for part in text.split(separator: "${", omittingEmptySubsequences: false).dropFirst() {
            guard let end = part.firstIndex(of: "}") else { continue }
            named.insert(String(part[..<end]))
        }
    }

    /// Uses a variable that has its name already.
    mutating func use(_ name: String, for purpose: String) -> String {
        purposes[name] = purpose
        return "${\(name)}"
    }

    /// A reference to a variable whose name follows from the service's and the key's: `MAIN_PROVIDERS_OPENAI_API_KEY`.
    mutating func reference(to key: String, of service: String) -> String {
        var base = String(
            "\(service)_\(key)".uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        )
        if base.first?.isNumber == true { base = "_\(base)" }
        var name = base
        var number = 1
        while purposes[name] != nil || named.contains(name) {
            number += 1
            name = "\(base)_\(number)"
        }
        return use(name, for: "\(key) of \(service)")
    }

    /// What stands at the top of the file.
    func comment(of file: String?) -> String {
        var lines = ["Exported by `gatehouse export`; for `gatehouse serve --config`."]
        let others = named.subtracting(purposes.keys).sorted()
        if !purposes.isEmpty || !others.isEmpty {
            lines += ["", "Secrets are not exported. Set these variables for `gatehouse serve`:"]
            lines += purposes.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
            lines += others.map { "  \($0): as in \(file ?? "the configuration file")" }
        }
        lines += [
            "",
            "Not exported: access tokens, OAuth secrets, signing keys, the audit log, usage rows and stored responses.",
        ]
        return lines.map { ConfigurationReader.comment($0) }.joined()
    }
}
