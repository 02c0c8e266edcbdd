/// Tables of test cases, one to a line.
enum Table {
    /// The lines; `''` is an empty one.
    static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0 == "''" ? "" : String($0) }
    }

    /// The words of each line; `''` is an empty word, `␣` a blank inside one, and `-none-` alone a line without words.
    static func rows(_ text: String) -> [[String]] {
        lines(text).map { line in
            line == "-none-"
                ? []
                : line.split(separator: " ").map { word in
                    word == "''" ? "" : String(word.map { $0 == "␣" ? " " : $0 })
                }
        }
    }
}
