// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension Configuration.Usage {
    /// `usage`.
    static let section: Section<Configuration.Usage> = {
        let standard = Configuration.Usage()
        let retention = Field(
            "retention",
            ValueType.duration(.seconds(3600)...Duration.seconds(36_500 * 86_400)).or("forever"),
            .optional("`\(standard.retention.map(durationText) ?? "forever")`"),
            "Older rows are deleted."
        )
        let bytes = Field(
            "max_bytes",
            ValueType.size(1 << 20...1 << 50).or("unlimited"),
            .optional("`\(standard.maximumBytes.map(sizeText) ?? "unlimited")`"),
            "The maximum size of the table; beyond it, the oldest rows are deleted. The log and `gatehouse_usage_rows_deleted_total` report it."
        )
        return Section(
            "usage",
            "How long and how much of `system.ai_gateway.usage` is kept. A reload applies changes.",
            fields: [retention.documentation, bytes.documentation]
        ) { values, reading in
            var usage = Configuration.Usage()
            usage.retention = values.read(retention, &reading) ?? usage.retention
            usage.maximumBytes = values.read(bytes, &reading) ?? usage.maximumBytes
            return usage
        }
    }()
}

extension ValueType {
    /// The same, or a word for no limit.
    fileprivate func or(_ word: String) -> ValueType<Value?> {
        ValueType<Value?>("\(description), or `\(word)`", sections: sections) { node, place, reading in
            if case .scalar(let scalar) = node.content, scalar.text == word { return .some(nil) }
            return read(node, place, &reading).map { .some($0) }
        }
    }
}
