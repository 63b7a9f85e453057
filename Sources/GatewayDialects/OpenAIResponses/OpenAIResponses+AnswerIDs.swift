// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension OpenAIResponses {
    package var answerIDs: AnswerIDs? {
        AnswerIDs(marks: [#""response""#, #""item""#], repeated: [.item]) { data, isEvent in
            var walk = JSONWalk(data)
            guard walk.enterObject() else { return [] }
            var found: [AnswerIDs.Found] = []
            guard isEvent else {
                Self.readResponse(&walk, &found)
                return found
            }
            var items: [Int] = []
            var place: Int?
            while let key = walk.nextKey() {
                if walk.isKey(key, "response"), walk.enterObject() {
                    Self.readResponse(&walk, &found)
                } else if walk.isKey(key, "item"), walk.enterObject() {
                    let first = found.count
                    Self.readItem(&walk, place: nil, &found)
                    items += first..<found.count
                } else if walk.isKey(key, "item_id"), let id = walk.text() {
                    items.append(found.count)
                    found.append(AnswerIDs.Found(.item, id.range))
                } else if walk.isKey(key, "output_index") {
                    place = walk.tokenCount()
                } else {
                    walk.value()
                }
            }
            for index in items { found[index].place = place }
            return found
        }
    }

    private static func readResponse(_ walk: inout JSONWalk, _ found: inout [AnswerIDs.Found]) {
        while let key = walk.nextKey() {
            if walk.isKey(key, "id"), let id = walk.text() {
                found.append(AnswerIDs.Found(.answer, id.range))
            } else if walk.isKey(key, "output"), walk.enterArray() {
                var place = 0
                while walk.nextElement() {
                    if walk.enterObject() { readItem(&walk, place: place, &found) } else { walk.value() }
                    place += 1
                }
            } else {
                walk.value()
            }
        }
    }

    private static func readItem(_ walk: inout JSONWalk, place: Int?, _ found: inout [AnswerIDs.Found]) {
        while let key = walk.nextKey() {
            let isItem = walk.isKey(key, "id")
            if isItem || walk.isKey(key, "call_id"), let id = walk.text() {
                var item = AnswerIDs.Found(isItem ? .item : .call, id.range)
                item.place = place
                found.append(item)
            } else {
                walk.value()
            }
        }
    }
}
