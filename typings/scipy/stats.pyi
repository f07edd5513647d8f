class BinomTestResult:
    pvalue: float

def binomtest(k: int, n: int, p: float = ...) -> BinomTestResult: ...
