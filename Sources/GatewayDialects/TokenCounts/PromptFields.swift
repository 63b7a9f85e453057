// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which fields of a format's requests hold what the model reads, for an estimate of their tokens.
///
/// Each dialect names its own. ``InputEstimate`` looks for those of all, since clients send fields of other APIs to servers that take them.
package struct PromptFields: Sendable {
    /// No fields.
    package static let none = PromptFields()

    /// The fields of a request that hold content.
    package var content: [StaticString]
    /// The fields of a request whose entire JSON the model reads, in one form or another.
    package var schemas: [StaticString]
    /// The fields of messages and parts whose strings the model reads.
    package var texts: [StaticString]
    /// The fields of parts that are objects of the model's or of a tool.
    package var objects: [StaticString]
    /// The fields of parts that hold an image, a sound, a film or a document.
    package var media: [StaticString]
    /// The fields of a request that hold another one.
    package var requests: [StaticString]

    package init(
        content: [StaticString] = [],
        schemas: [StaticString] = [],
        texts: [StaticString] = [],
        objects: [StaticString] = [],
        media: [StaticString] = [],
        requests: [StaticString] = []
    ) {
        self.content = content
        self.schemas = schemas
        self.texts = texts
        self.objects = objects
        self.media = media
        self.requests = requests
    }

    /// The fields of the built-in dialects.
    static let known = PromptFields(of: Dialects.all)

    /// The fields of several dialects, each once.
    init(of dialects: [any Dialect]) {
        let fields = dialects.map(\.promptFields)
        func all(_ names: KeyPath<PromptFields, [StaticString]>) -> [StaticString] {
            var seen: Set<String> = []
            return fields.flatMap { $0[keyPath: names] }.filter { seen.insert($0.description).inserted }
        }
        self.init(
            content: all(\.content),
            schemas: all(\.schemas),
            texts: all(\.texts),
            objects: all(\.objects),
            media: all(\.media),
            requests: all(\.requests)
        )
    }
}
