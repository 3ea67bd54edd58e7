# %%
# %matplotlib inline
# %load_ext autoreload
import json, os
from pathlib import Path

# %% tags=["stage:make"]
# Make the files with the shell's help.
# !mkdir -p ../data
# !echo '{"answer": 42}' > ../data/made.json
folder = "../data"
listed = !ls {folder}
# %time size = os.path.getsize("../data/made.json")
if size:
    # %cd ../data
    pass
print(listed)

# %% tags=["stage:make"]
# %%bash
cd ../data
for i in 1 2 3; do
    echo "line $i" >> lines.txt
done

# %% tags=["stage:unformatted"]
# %%time
# Read them back; a moved cell keeps its text, however it is laid out.
made = json.loads(Path("../data/made.json").read_text())
made?
text = '''%time is not magic here
    !echo neither
'''
numbers = [
    1, 2,
    # a comment within
    3]; print(text)

# %% tags=["stage:wait"]
# Wait for something that takes its time.
import asyncio

async def double(number):
    await asyncio.sleep(0)
    return 2 * number

doubled = await asyncio.gather(*(double(number) for number in numbers))
try:
    doubled.append(made["answer"])
except:
    pass
doubled == None
sum(doubled)
