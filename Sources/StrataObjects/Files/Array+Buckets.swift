extension Array {
    /// Sorts each bucket by itself. What is spread evenly over buckets has a few in each, which are put in order one by one; many in one, as in files that
    /// lie, are sorted as all else is.
    ///
    /// - Parameter starts: where each bucket starts, in their order, and where the last ends; and one more, which is not looked at.
    @inline(__always)
    mutating func sortBuckets(_ starts: [UInt32], by precedes: (Element, Element) -> Bool) {
        for bucket in 0..<starts.count - 2 {
            let range = Int(starts[bucket])..<Int(starts[bucket + 1])
            if range.count > 32 {
                self[range].sort(by: precedes)
                continue
            }
            for next in range.dropFirst() {
                let element = self[next]
                var place = next
                while place > range.lowerBound, precedes(element, self[place - 1]) {
                    self[place] = self[place - 1]
                    place -= 1
                }
                self[place] = element
            }
        }
    }
}
