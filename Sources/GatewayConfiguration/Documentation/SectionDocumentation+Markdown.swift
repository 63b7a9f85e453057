// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewaySchema

extension SectionDocumentation {
    /// This section and all below it, each with a table of its keys; one that stands in several places is shown once.
    var markdown: String {
        var titles: Set<String> = []
        return flattened.filter { titles.insert($0.title).inserted }.map(\.table).joined(separator: "\n")
    }

    private var flattened: [SectionDocumentation] {
        [self] + fields.flatMap(\.sections).flatMap(\.flattened)
    }

    private var table: String {
        let heading = title.contains(" ") && !title.contains("<") ? title : "`\(title)`"
        let rows = fields.map(\.row).joined(separator: "\n")
        return """
            ## \(heading)

            \(summary)

            | Key | Value | Default | Meaning |
            |---|---|---|---|
            \(rows)

            """
    }
}

extension FieldDocumentation {
    fileprivate var row: String {
        let see = sections.map { "`\($0.title)`" }.joined(separator: ", ")
        let value = see.isEmpty ? type : "\(type): see \(see)"
        return "| `\(name)` | \(value) | \(isRequired ? "**required**" : defaultText) | \(summary) |"
    }
}
